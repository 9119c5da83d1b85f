//! Which texts look like code, commands or addresses. A sample for the reader and for rules, not a proof of anything: what
//! a stream can do is decided by what it imports and calls.

use std::sync::OnceLock;

use regex::bytes::Regex;

/// Shorter texts say nothing.
pub(super) const SHORTEST: usize = 6;
/// Bytes of a text that are searched.
const SEARCHED: usize = 4096;

/// A cheap first look: without one of these characters no pattern can match.
pub(super) fn could_be_striking(text: &[u8]) -> bool {
    text.len() >= SHORTEST && text.iter().any(|byte| matches!(byte, b'(' | b'/' | b'.' | b' ' | b';' | b'\\'))
}

fn pattern() -> Option<&'static Regex> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    const ALTERNATIVES: &[&str] = &[
        r"\b(?:import|from)\s+(?:os|sys|subprocess|socket|ctypes|shutil|base64|pickle|requests|urllib|builtins|importlib|pty|marshal|codecs)\b",
        r"\b(?:exec|eval|compile|getattr|setattr|globals|open|__import__)\s*\(",
        r"\bos\.(?:system|popen|exec|spawn|remove|unlink|environ|fork|dup2)",
        r"\bsubprocess\b|\bpty\.spawn\b|\bsocket\.socket\b|__builtins__|__subclasses__|__globals__",
        r"/bin/(?:ba|da|z|c|k)?sh\b|/dev/(?:tcp|udp)/|/etc/(?:passwd|shadow|cron)|\.ssh/|\.bashrc|\.aws/",
        r"(?i:\bpowershell\b|\bcmd(?:\.exe)?\s+/c\b|\bcertutil\b|\bmshta\b|\brundll32\b|\bregsvr32\b|\bbitsadmin\b)",
        r"\b(?:curl|wget|nc|ncat|bash|sh|python[23]?|perl|ruby|node|chmod|rm|touch|nohup|crontab|base64)\s+-{1,2}\w|\b(?:curl|wget)\s+\S|\|\s*(?:ba)?sh\b",
        r"(?i:\b(?:https?|ftp|ldap|rmi|file|wss?)://[^\s])",
        r"\blambda\s+\w*\s*:|^#!\s*/",
    ];
    PATTERN.get_or_init(|| Regex::new(&format!("(?-u:{})", ALTERNATIVES.join("|"))).ok()).as_ref()
}

/// Whether a text looks like code, a command or an address.
pub(super) fn is_striking(text: &[u8]) -> bool {
    let head = text.get(..SEARCHED).unwrap_or(text);
    text.len() >= SHORTEST && pattern().is_some_and(|pattern| pattern.is_match(head))
}

/// Where the striking part begins.
pub(super) fn place(text: &[u8]) -> usize {
    let head = text.get(..SEARCHED).unwrap_or(text);
    pattern().and_then(|pattern| pattern.find(head)).map_or(0, |found| found.start())
}
