use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

pub fn answer(stream: &mut TcpStream, body: &str) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    let _ = stream.read(&mut buffer)?;
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.len(), body)
}

pub fn serve(address: &str, page: impl Fn() -> String) -> std::io::Result<()> {
    for stream in TcpListener::bind(address)?.incoming() {
        answer(&mut stream?, &page())?;
    }
    Ok(())
}
