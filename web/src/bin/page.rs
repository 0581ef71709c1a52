//! The page, which runs in a window.

fn main() {
    mayfly_web::app::start();
}
