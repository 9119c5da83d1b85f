//! PyTorch archives with TorchScript, as `torch.jit.save` lays them out.

use super::zip::{Archive, Member};

/// An archive whose only source is `code/__torch__.py`.
pub fn script(code: &str) -> Vec<u8> {
    Archive::of(script_members(code)).build()
}

/// The same for mobile devices, with a bytecode that uses the operators.
pub fn mobile(code: &str, operators: &[&str]) -> Vec<u8> {
    let mut members = script_members(code);
    members.push(Member::stored("m/bytecode.pkl", &bytecode(operators)));
    Archive::of(members).build()
}

/// A bytecode that uses the operators.
pub fn bytecode(operators: &[&str]) -> Vec<u8> {
    let mut bytecode = b"\x80\x02(".to_vec();
    for operator in operators {
        bytecode.push(b'X');
        bytecode.extend(u32::try_from(operator.len()).unwrap_or_default().to_le_bytes());
        bytecode.extend(operator.as_bytes());
    }
    bytecode.extend(b"t.");
    bytecode
}

/// The members of such an archive.
pub fn script_members(code: &str) -> Vec<Member> {
    vec![
        Member::stored("m/data.pkl", b"\x80\x02c__torch__\nM\n)\x81}X\x08\x00\x00\x00training\x89sb."),
        Member::deflated("m/code/__torch__.py", code.as_bytes()),
        Member::stored("m/constants.pkl", b"\x80\x02)."),
        Member::stored("m/version", b"3\n"),
    ]
}
