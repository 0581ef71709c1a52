//! Starts the page in a window, and the engine in a worker. Both come from the same binary.

fn main() {
    mayfly_web::start();
}
