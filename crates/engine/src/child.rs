//! What the child process runs: it loads the engine's library and hands over to it.
//!
//! The collector's binary calls [`run`] when its first argument is [`ARGUMENT`], before it
//! does anything else. With the feature `testing`, every executable that links this crate does
//! so before its `main`, so that a test binary can be the child as well.
#![allow(unsafe_code, reason = "calling into a shared library is unsafe; nothing else here is")]

use libloading::{Library, Symbol};
use std::ffi::{CStr, CString, OsString, c_char, c_int};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use std::ptr;

/// The hidden first argument that makes our executable the engine's child.
pub const ARGUMENT: &str = "__engine";

/// The child ends with this when the library cannot be loaded or lacks what we call.
pub(crate) const EXIT_NOT_LOADED: u8 = 120;

/// The child ends with this when the library reports an error.
pub(crate) const EXIT_FAILED: u8 = 121;

type QueryCmdline = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut EngineResult;
type ResultError = unsafe extern "C" fn(*mut EngineResult) -> *const c_char;

/// The library's own answer, only ever held by pointer.
#[repr(C)]
struct EngineResult {
    _opaque: [u8; 0],
}

/// Runs the engine until its standard input ends.
///
/// `args` are those that follow [`ARGUMENT`]: the library's path, then the engine's own.
/// What goes wrong is written to standard error, which the parent reads.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit_code(args))
}

fn exit_code(args: impl IntoIterator<Item = OsString>) -> u8 {
    let mut args = args.into_iter();
    let Some(path) = args.next() else {
        return fail(EXIT_NOT_LOADED, "the path of the library is missing");
    };
    // SAFETY: the constructors of the library run here; it is the pinned build of the engine,
    // checked by its hash when it was fetched, and nothing else runs in this process.
    let library = match unsafe { Library::new(&path) } {
        // Its threads may outlive the call below: it must never be unloaded.
        Ok(library) => ManuallyDrop::new(library),
        Err(error) => return fail(EXIT_NOT_LOADED, &error.to_string()),
    };
    match query(&library, args) {
        Ok(None) => 0,
        Ok(Some(message)) => fail(EXIT_FAILED, &message),
        Err(error) => fail(EXIT_NOT_LOADED, &error.to_string()),
    }
}

/// Calls the engine as its command line would, and returns its error message.
fn query(
    library: &Library,
    args: impl Iterator<Item = OsString>,
) -> Result<Option<String>, libloading::Error> {
    // SAFETY: both signatures are those of the library's header, `chdb.h`.
    let (run, error): (Symbol<'_, QueryCmdline>, Symbol<'_, ResultError>) =
        unsafe { (library.get(c"chdb_query_cmdline")?, library.get(c"chdb_result_error")?) };
    // An argument of a process holds no NUL, so none is left out.
    let args: Vec<CString> = std::iter::once(OsString::from("clickhouse"))
        .chain(args)
        .filter_map(|arg| CString::new(arg.into_vec()).ok())
        .collect();
    let mut argv: Vec<*mut c_char> = args.iter().map(|arg| arg.as_ptr().cast_mut()).collect();
    let argc = c_int::try_from(argv.len()).unwrap_or(c_int::MAX);
    argv.push(ptr::null_mut());
    // SAFETY: `argv` is a NULL-terminated array of `argc` C strings, which outlive the call.
    let result = unsafe { run(argc, argv.as_mut_ptr()) };
    if result.is_null() {
        return Ok(None);
    }
    // SAFETY: `result` came from the call above and is not null.
    let message = unsafe { error(result) };
    if message.is_null() {
        return Ok(None);
    }
    // SAFETY: the library returns a C string that lives as long as `result`, which is not freed.
    Ok(Some(unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()))
}

#[allow(clippy::print_stderr, reason = "standard error is how the child tells its parent")]
fn fail(code: u8, message: &str) -> u8 {
    eprintln!("{message}");
    code
}

/// Turns a test's executable into the child before its `main` runs.
#[cfg(feature = "testing")]
mod before_main {
    use super::{ARGUMENT, exit_code};

    #[used]
    // SAFETY: the loader calls each pointer of this section once, before `main`; the standard
    // library's own entry, which keeps the arguments, sorts before it.
    #[unsafe(link_section = ".init_array")]
    static BECOME_CHILD: extern "C" fn() = become_child;

    #[allow(clippy::exit, reason = "the child must not go on to `main`")]
    extern "C" fn become_child() {
        let mut args = std::env::args_os().skip(1);
        if args.next().is_some_and(|first| first == ARGUMENT) {
            std::process::exit(i32::from(exit_code(args)));
        }
    }
}
