//! Assembles programs of PaddlePaddle and streams of its parameters.

use super::protobuf::Proto;

/// An operator of a program.
#[derive(Debug, Clone)]
pub struct Operator(Proto);

/// An operator with one input and one output.
pub fn operator(kind: &str) -> Operator {
    let var = |name: &str, of: &str| Proto::new().text(1, name).text(2, of);
    Operator(Proto::new().message(1, &var("X", "x")).message(2, &var("Out", "y")).text(3, kind))
}

impl Operator {
    /// Adds an attribute with the fields of its value.
    #[must_use]
    pub fn attribute(self, name: &str, value: &Proto) -> Self {
        Self(self.0.message(4, &Proto::new().text(1, name).then(value)))
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.attribute(name, &Proto::new().int(2, 2).text(5, value))
    }

    /// Adds a block that it runs.
    #[must_use]
    pub fn runs(self, block: u64) -> Self {
        self.attribute("sub_block", &Proto::new().int(2, 8).int(12, block))
    }

    /// Adds fields as given.
    #[must_use]
    pub fn raw(self, fields: &Proto) -> Self {
        Self(self.0.then(fields))
    }

    /// The message.
    pub fn proto(&self) -> &Proto {
        &self.0
    }
}

/// A variable of 32-bit floats.
pub fn variable(name: &str, shape: &[u64]) -> Proto {
    let tensor = shape.iter().fold(Proto::new().int(1, 5), |tensor, size| tensor.int(2, *size));
    let kind = Proto::new().int(1, 7).message(3, &Proto::new().message(1, &tensor));
    Proto::new().text(1, name).message(2, &kind).int(3, 1)
}

/// A block in another one; the outermost lies in none, which is written as one below nothing.
pub fn block(number: u64, parent: u64, operators: &[Operator]) -> Proto {
    let head = Proto::new().int(1, number).int(2, parent).message(3, &variable("x", &[2]));
    operators.iter().fold(head, |block, operator| block.message(4, &operator.0))
}

/// A program of blocks.
pub fn program(blocks: &[Proto]) -> Proto {
    let program = blocks.iter().fold(Proto::new(), |program, block| program.message(1, block));
    program.message(4, &Proto::new().int(1, 3_000_000))
}

/// A program of one block.
pub fn of(operators: &[Operator]) -> Proto {
    program(&[block(0, u64::MAX, operators)])
}

/// A tensor of the stream of parameters, with the levels of detail as they stand there.
pub fn tensor(levels: &[&[u8]], kind: u64, shape: &[u64], data: &[u8]) -> Vec<u8> {
    let description =
        shape.iter().fold(Proto::new().int(1, kind), |message, size| message.int(2, *size)).build();
    let mut bytes = vec![0; 4];
    bytes.extend((levels.len() as u64).to_le_bytes());
    for level in levels {
        bytes.extend((level.len() as u64).to_le_bytes());
        bytes.extend_from_slice(level);
    }
    bytes.extend([0; 4]);
    bytes.extend((description.len() as u32).to_le_bytes());
    [bytes, description, data.to_vec()].concat()
}

/// A program of the new form, with operators as given.
pub fn pir(operators: &[&str]) -> String {
    format!(
        r##"{{"base_code":{{"magic":"pir","trainable":true,"version":4}},"program":{{"regions":[{{"#":"region_0","blocks":[{{"#":"block_0","args":[],"ops":[{}]}}]}}]}}}}"##,
        operators.join(",")
    )
}

/// An operator of such a program, with an attribute of a text.
pub fn pir_operator(name: &str, attribute: &str, value: &str) -> String {
    format!(
        r##"{{"#":"{name}","A":[{{"AT":{{"#":"0.a_str","D":"{value}"}},"N":"{attribute}"}}],"I":[],"O":[],"OA":[]}}"##
    )
}
