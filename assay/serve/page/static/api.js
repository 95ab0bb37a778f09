// The server's HTTP API, as this page uses it. The key lives in this module's memory and nowhere else.

let key = "";

/** Send this key with every request from now on; "" for none. */
export function useKey(value) {
  key = value.trim();
}

/** What the server answers, as JSON; an answer that is an error becomes an Error that says it. */
export async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  const response = await send(path, method, body);
  return response.status === 204 ? null : response.json();
}

/** The same as text. */
export async function askText(path) {
  return (await send(path, "GET")).text();
}

async function send(path, method, body) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Error("the server does not answer; is it still running?");
  }
  if (!response.ok) throw new Error(await reason(response));
  return response;
}

async function reason(response) {
  const retry = response.headers.get("Retry-After");
  const again = retry ? ` Ask again in ${retry} s.` : "";
  if (response.status === 401) return "This server wants an API key; give one at the top of the page.";
  try {
    return (await response.json()).error.message + again;
  } catch {
    return `the server answered ${response.status} ${response.statusText}.${again}`;
  }
}
