//! The engine, which runs in a worker of the page.

fn main() {
    mayfly_web::worker::start();
}
