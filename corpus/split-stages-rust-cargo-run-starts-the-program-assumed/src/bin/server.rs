use std::fs;
use tiny_http::{Response, Server};

fn main() {
    let port = std::env::args().nth(1).expect("a port is wanted");
    let server = Server::http(format!("0.0.0.0:{port}")).expect("the port is taken");
    for request in server.incoming_requests() {
        let menu = fs::read_to_string("menu.txt").unwrap_or_default();
        let called = std::env::args().next().unwrap_or_default();
        let _ = request.respond(Response::from_string(format!("{called} serves {menu}")));
    }
}
