//! Assembles ONNX models.

#![expect(clippy::needless_pass_by_value, reason = "nested builders read best without borrows")]

use super::protobuf::Proto;

/// A graph, whose parts are added in any order and stand in that order.
#[derive(Debug, Clone, Default)]
pub struct Graph(Proto);

/// A node.
#[derive(Debug, Clone)]
pub struct Node(Proto);

/// A node of an operator with its inputs and outputs.
pub fn node(domain: &str, op_type: &str, inputs: &[&str], outputs: &[&str]) -> Node {
    let proto = inputs.iter().fold(Proto::new(), |proto, input| proto.text(1, input));
    let proto = outputs.iter().fold(proto, |proto, output| proto.text(2, output)).text(4, op_type);
    Node(if domain.is_empty() { proto } else { proto.text(7, domain) })
}

/// An attribute with a value in the field of that number.
fn attribute(name: &str, kind: u64, value: impl FnOnce(Proto) -> Proto) -> Proto {
    value(Proto::new().text(1, name)).int(20, kind)
}

impl Node {
    /// Adds an attribute as given.
    #[must_use]
    pub fn attribute(self, attribute: &Proto) -> Self {
        Self(self.0.message(5, attribute))
    }

    /// Adds a number.
    #[must_use]
    pub fn int(self, name: &str, value: u64) -> Self {
        self.attribute(&attribute(name, 2, |proto| proto.int(3, value)))
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(self, name: &str, value: &[u8]) -> Self {
        self.attribute(&attribute(name, 3, |proto| proto.bytes(4, value)))
    }

    /// Adds a tensor.
    #[must_use]
    pub fn tensor(self, name: &str, value: &Proto) -> Self {
        self.attribute(&attribute(name, 4, |proto| proto.message(5, value)))
    }

    /// Adds a graph.
    #[must_use]
    pub fn graph(self, name: &str, value: &Graph) -> Self {
        self.attribute(&attribute(name, 5, |proto| proto.message(6, &value.0)))
    }

    /// Adds a doc string.
    #[must_use]
    pub fn doc(self, text: &str) -> Self {
        Self(self.0.text(6, text))
    }
}

/// A tensor with its data in one piece.
pub fn tensor(name: &str, dtype: u64, dims: &[u64], data: &[u8]) -> Proto {
    Proto::new().packed(1, dims).int(2, dtype).text(8, name).bytes(9, data)
}

/// A tensor of two floats whose data is elsewhere.
pub fn external(name: &str, entries: &[(&str, &str)]) -> Proto {
    let tensor = Proto::new().packed(1, &[2]).int(2, 1).text(8, name);
    entries.iter().fold(tensor, |tensor, (key, value)| tensor.message(13, &entry(key, value))).int(14, 1)
}

/// An entry of metadata or of external data.
pub fn entry(key: &str, value: &str) -> Proto {
    Proto::new().text(1, key).text(2, value)
}

/// A function with its body.
pub fn function(domain: &str, name: &str, body: &[Node]) -> Proto {
    let head = Proto::new().text(1, name).text(4, "x").text(5, "y");
    let proto = body.iter().fold(head, |proto, node| proto.message(7, &node.0));
    proto.message(9, &import("", 17)).text(10, domain)
}

fn import(domain: &str, version: u64) -> Proto {
    Proto::new().text(1, domain).int(2, version)
}

impl Graph {
    /// A graph with a name.
    pub fn new() -> Self {
        Self(Proto::new().text(2, "graph"))
    }

    /// Adds a node.
    #[must_use]
    pub fn node(self, node: Node) -> Self {
        Self(self.0.message(1, &node.0))
    }

    /// Adds an initialiser.
    #[must_use]
    pub fn tensor(self, tensor: Proto) -> Self {
        Self(self.0.message(5, &tensor))
    }

    /// Adds fields as given.
    #[must_use]
    pub fn raw(self, fields: Proto) -> Self {
        Self(self.0.then(&fields))
    }
}

/// A model in the order in which the reference library writes it.
#[derive(Debug, Clone)]
pub struct Model {
    graph: Proto,
    rest: Proto,
}

impl Model {
    /// A model of a graph.
    pub fn of(graph: Graph) -> Self {
        Self { graph: graph.0, rest: Proto::new().message(8, &import("", 17)) }
    }

    /// Adds an operator set.
    #[must_use]
    pub fn import(self, domain: &str, version: u64) -> Self {
        self.raw(Proto::new().message(8, &import(domain, version)))
    }

    /// Adds a metadata entry.
    #[must_use]
    pub fn metadata(self, key: &str, value: &str) -> Self {
        self.raw(Proto::new().message(14, &entry(key, value)))
    }

    /// Adds a function.
    #[must_use]
    pub fn function(self, function: &Proto) -> Self {
        self.raw(Proto::new().message(25, function))
    }

    /// Adds fields as given.
    #[must_use]
    pub fn raw(mut self, fields: Proto) -> Self {
        self.rest = self.rest.then(&fields);
        self
    }

    /// The bytes of the file.
    pub fn build(&self) -> Vec<u8> {
        let head = Proto::new().int(1, 10).text(2, "pytorch").text(3, "2.0");
        head.message(7, &self.graph).then(&self.rest).build()
    }
}
