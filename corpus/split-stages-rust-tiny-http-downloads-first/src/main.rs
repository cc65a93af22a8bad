use tiny_http::{Response, Server};

fn main() {
    let port = std::env::var("PORT").unwrap_or("8000".to_string());
    let server = Server::http(format!("0.0.0.0:{port}")).expect("the port is taken");
    for request in server.incoming_requests() {
        let _ = request.respond(Response::from_string("hello from tiny_http"));
    }
}
