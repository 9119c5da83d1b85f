//! Assembles dictionaries of CNTK.

use super::protobuf::Proto;

/// A value: its type, and the field that holds it.
fn value(kind: u64, content: &Proto) -> Proto {
    Proto::new().int(1, 2).int(2, kind).then(content)
}

/// A text.
pub fn text(value_: &str) -> Proto {
    value(6, &Proto::new().text(8, value_))
}

/// A number.
pub fn number(value_: u64) -> Proto {
    value(3, &Proto::new().int(5, value_))
}

/// A yes or a no.
pub fn flag(value_: bool) -> Proto {
    value(1, &Proto::new().int(3, u64::from(value_)))
}

/// A dictionary in a value.
pub fn inner(dictionary: &Proto) -> Proto {
    value(10, &Proto::new().message(12, dictionary))
}

/// A list in a value.
pub fn list(values: &[Proto]) -> Proto {
    let list = values.iter().fold(Proto::new(), |list, value| list.message(1, value));
    value(9, &Proto::new().message(11, &list))
}

/// An array of floats in a value.
pub fn array(shape: &[u64], values: usize) -> Proto {
    let floats = Proto::new().bytes(1, &vec![0x3c; values * 4]);
    let array = Proto::new().int(1, 1).message(3, &Proto::new().packed(1, shape)).message(4, &floats);
    value(11, &Proto::new().message(13, &array))
}

/// A dictionary of entries.
pub fn dictionary(entries: &[(&str, Proto)]) -> Proto {
    entries.iter().fold(Proto::new().int(1, 2), |dictionary, (key, value)| {
        dictionary.message(2, &Proto::new().text(1, key).message(2, value))
    })
}

/// A model of functions.
pub fn model(functions: &[Proto]) -> Proto {
    let functions: Vec<Proto> = functions.iter().map(inner).collect();
    dictionary(&[
        ("version", number(3)),
        ("type", text("CompositeFunction")),
        ("uid", text("CompositeFunction1")),
        ("inputs", list(&[])),
        ("primitive_functions", list(&functions)),
    ])
}

/// An operation by its number.
pub fn operation(op: u64) -> Proto {
    dictionary(&[("type", text("PrimitiveFunction")), ("uid", text("Op1")), ("op", number(op))])
}

/// A function of the user, with the dictionary that says what it is.
pub fn user(native: bool, state: &Proto) -> Proto {
    dictionary(&[
        ("type", text("UserDefinedFunction")),
        ("uid", text("User1")),
        ("native", flag(native)),
        ("user_defined_state", inner(state)),
    ])
}

/// A function in Python.
pub fn python(module: &str, class: &str) -> Proto {
    user(false, &dictionary(&[("class", text(class)), ("module", text(module)), ("op_name", text("mine"))]))
}

/// A function of a native library.
pub fn native(library: &str, method: &str) -> Proto {
    user(
        true,
        &dictionary(&[("module", text(library)), ("deserialize_method", text(method)), ("op", text("Mine"))]),
    )
}
