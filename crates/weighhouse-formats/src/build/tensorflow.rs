//! Assembles graphs of TensorFlow and what stands around them.

use super::protobuf::Proto;

/// A node, whose attributes are added one by one.
#[derive(Debug, Clone)]
pub struct Node(Proto);

/// A node of an operator with its inputs.
pub fn node(name: &str, op: &str, inputs: &[&str]) -> Node {
    let head = Proto::new().text(1, name).text(2, op);
    Node(inputs.iter().fold(head, |proto, input| proto.text(3, input)))
}

/// A constant of one text.
pub fn text(name: &str, value: &str) -> Node {
    let tensor = Proto::new().int(1, 7).message(2, &Proto::new()).bytes(8, value.as_bytes());
    node(name, "Const", &[]).kind("dtype", 7).attribute("value", &Proto::new().message(8, &tensor))
}

impl Node {
    /// Adds an attribute whose value is given.
    #[must_use]
    pub fn attribute(self, name: &str, value: &Proto) -> Self {
        Self(self.0.message(5, &Proto::new().text(1, name).message(2, value)))
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(self, name: &str, value: &[u8]) -> Self {
        self.attribute(name, &Proto::new().bytes(2, value))
    }

    /// Adds an element type.
    #[must_use]
    pub fn kind(self, name: &str, code: u64) -> Self {
        self.attribute(name, &Proto::new().int(6, code))
    }

    /// Adds a list of texts.
    #[must_use]
    pub fn texts(self, name: &str, values: &[&str]) -> Self {
        let list = values.iter().fold(Proto::new(), |list, value| list.bytes(2, value.as_bytes()));
        self.attribute(name, &Proto::new().message(1, &list))
    }

    /// Adds a function by its name.
    #[must_use]
    pub fn function(self, name: &str, function: &str) -> Self {
        self.attribute(name, &Proto::new().message(10, &Proto::new().text(1, function)))
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

/// A function with its arguments, all texts, and its body.
pub fn function(name: &str, arguments: &[&str], body: &[Node]) -> Proto {
    let signature = arguments.iter().fold(Proto::new().text(1, name), |signature, argument| {
        signature.message(2, &Proto::new().text(1, argument).int(3, 7))
    });
    body.iter().fold(Proto::new().message(1, &signature), |function, node| function.message(3, &node.0))
}

/// A graph of nodes, with the functions of its library.
pub fn graph(nodes: &[Node], functions: &[Proto]) -> Proto {
    let graph = nodes.iter().fold(Proto::new(), |graph, node| graph.message(1, &node.0));
    let library = functions.iter().fold(Proto::new(), |library, function| library.message(1, function));
    let graph = if functions.is_empty() { graph } else { graph.message(2, &library) };
    graph.message(4, &Proto::new().int(1, 1994))
}

/// A meta graph around a graph.
pub fn meta_graph(graph: &Proto) -> Proto {
    let info =
        Proto::new().message(2, &Proto::new().message(1, &Proto::new().text(1, "Const"))).text(5, "2.21.0");
    Proto::new().message(1, &info).message(2, graph)
}

/// A saved model of meta graphs.
pub fn saved_model(graphs: &[Proto]) -> Proto {
    graphs.iter().fold(Proto::new().int(1, 1), |model, graph| model.message(2, graph))
}
