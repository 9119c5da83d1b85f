//! Passes on the platform that is built for.

fn main() {
    println!("cargo:rustc-env=XTASK_HOST={}", std::env::var("TARGET").unwrap_or_default());
}
