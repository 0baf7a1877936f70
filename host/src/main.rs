//! The program `portolan`; all of it is in the library.

fn main() -> std::process::ExitCode {
    portolan::cli::main(std::env::args_os())
}
