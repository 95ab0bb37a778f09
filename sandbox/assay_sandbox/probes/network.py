"""Probes that talk to somebody: the host's listeners, other protocols, the network's own state."""

from __future__ import annotations

from assay_sandbox.probes.probe import Probe

PROBES = (
    Probe(
        "tcp",
        "connect to the host over TCP, and to the world",
        """
import socket
for host, port in (("127.0.0.1", FACTS["tcp"]), (FACTS["address"], FACTS["tcp"]),
                   ("1.1.1.1", 80), ("169.254.169.254", 80)):
    try:
        with socket.create_connection((host, port), timeout=0.2):
            escaped("connected to", host, port)
    except OSError as error:
        print(host, error)
""",
    ),
    Probe(
        "udp",
        "send datagrams to the host",
        """
import socket
for host in ("127.0.0.1", FACTS["address"], "255.255.255.255"):
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.sendto(b"assay", (host, FACTS["udp"]))
    except OSError as error:
        print(host, error)
""",
    ),
    Probe(
        "abstract socket",
        "connect to an abstract unix socket of the host",
        """
import socket
try:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\\0" + FACTS["abstract"])
        escaped("connected")
except OSError as error:
    print(error)
""",
    ),
    Probe(
        "netlink",
        "see or change the host's interfaces and routes",
        """
import socket
try:
    names = [name for _, name in socket.if_nameindex()]
    print(names)
    if set(names) - {"lo", "tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip_vti0",
                     "ip6_vti0", "ip6gre0"}:
        escaped("interfaces", names)
except OSError as error:
    print(error)
try:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9) as audit:
        granted("an audit socket")
except OSError as error:
    print(error)
""",
        virtual=True,
    ),
    Probe(
        "raw packets",
        "open raw and packet sockets",
        """
import socket
fails("raw ICMP", socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
fails("packets", socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 3)
""",
    ),
    Probe(
        "rare protocols",
        "have the host load the module of a protocol",
        """
import socket
for number in (33, 115, 132, 136, 262):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            socket.socket(socket.AF_INET, kind, number).close()
            granted("protocol", number)
        except OSError as error:
            print(number, errno.errorcode.get(error.errno))
            if error.errno == errno.EPROTONOSUPPORT:
                granted("asked the kernel for protocol", number)
""",
        virtual=True,
    ),
    Probe(
        "vsock",
        "talk to the hypervisor",
        """
import socket
try:
    with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as client:
        client.settimeout(0.2)
        client.connect((2, 1024))
        escaped("connected")
except OSError as error:
    print(error)
""",
    ),
    Probe(
        "names",
        "resolve a host name",
        """
import socket
try:
    escaped(socket.getaddrinfo("example.com", 80))
except OSError as error:
    print(error)
""",
    ),
)
