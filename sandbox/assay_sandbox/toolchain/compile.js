// The TypeScript compiler of a sandbox: types are taken out, not checked, as node itself does.
//
//     node compile.js ./main.ts ./lib/util.ts …        makes main.js, lib/util.js
//
// Exit status 1 where a file is no TypeScript. `typescript.js` lies beside this file.
const fs = require("node:fs");
const ts = require("./typescript.js");

const compilerOptions = { target: "ES2022", module: "CommonJS", esModuleInterop: true };
let wrong = 0;
for (const name of process.argv.slice(2)) {
  const source = fs.readFileSync(name, "utf8");
  const made = ts.transpileModule(source, { compilerOptions, fileName: name, reportDiagnostics: true });
  for (const each of made.diagnostics) {
    const { line, character } = each.file.getLineAndCharacterOfPosition(each.start);
    const text = ts.flattenDiagnosticMessageText(each.messageText, "\n");
    console.error(`${name}:${line + 1}:${character + 1}: error TS${each.code}: ${text}`);
    wrong = 1;
  }
  fs.writeFileSync(name.replace(/\.ts$/, ".js"), made.outputText);
}
process.exit(wrong);
