//! Ways to the test server that it does not offer itself: by IPv6, below a path, and through a proxy. They end with the test process.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

/// What becomes of the first bytes of a connection: where they go, what is answered before, and what is passed on.
type First = (SocketAddr, &'static [u8], Vec<u8>);

/// By IPv6, where this machine has it.
pub fn ipv6(server: SocketAddr) -> Option<SocketAddr> {
    TcpListener::bind("[::1]:0").ok().map(|listener| serve(listener, move |first| Some((server, b"", first))))
}

/// Plain http, for those who send no credentials in clear.
pub fn http(server: SocketAddr) -> SocketAddr {
    serve(loopback(), move |first| {
        let text = String::from_utf8_lossy(&first).to_ascii_lowercase();
        (!text.contains("authorization:")).then_some((server, b"", first))
    })
}

/// A gateway that has the server below `/clusters/c-1/`, and nothing elsewhere.
pub fn gateway(server: SocketAddr) -> SocketAddr {
    serve(loopback(), move |first| Some((server, b"", replaced(&first, " /clusters/c-1/", " /")?)))
}

/// A proxy of HTTP: leads to `https` whoever asks for a tunnel, and to `http` whoever asks for `api.example`.
pub fn proxy(https: SocketAddr, http: SocketAddr) -> SocketAddr {
    serve(loopback(), move |first| {
        if first.starts_with(b"CONNECT ") {
            return Some((https, b"HTTP/1.1 200 OK\r\n\r\n", Vec::new()));
        }
        Some((http, b"", replaced(&first, " http://api.example:8080/", " /")?))
    })
}

fn loopback() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a loopback port")
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8(bytes.to_vec()).ok()?;
    text.contains(from).then(|| text.replacen(from, to, 1).into_bytes())
}

/// Connections whose first bytes `first` does not know are closed.
fn serve(listener: TcpListener, first: impl Fn(Vec<u8>) -> Option<First> + Send + Clone + 'static) -> SocketAddr {
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let first = first.clone();
            std::thread::spawn(move || pass_on(stream, &first));
        }
    });
    address
}

fn pass_on(mut client: TcpStream, first: &dyn Fn(Vec<u8>) -> Option<First>) -> Option<()> {
    let mut bytes = vec![0; 64 * 1024];
    let length = client.read(&mut bytes).ok()?;
    bytes.truncate(length);
    let (to, answer, begun) = first(bytes)?;
    let mut server = TcpStream::connect(to).ok()?;
    client.write_all(answer).ok()?;
    server.write_all(&begun).ok()?;
    let (mut from, mut into) = (client.try_clone().ok()?, server.try_clone().ok()?);
    let up = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut into);
        let _ = into.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
    up.join().ok()
}
