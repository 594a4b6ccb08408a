// What transformers calls the activations of feed-forward networks.

import Kernels

extension Activation {
    /// Every name that transformers has for what is computed here; the first of each is the one that is written.
    private static let names: [(name: String, activation: Activation)] = [
        ("silu", .silu), ("swish", .silu), ("gelu", .gelu), ("gelu_python", .gelu), ("gelu_pytorch_tanh", .geluTanh),
        ("gelu_new", .geluTanh), ("gelu_fast", .geluTanh), ("gelu_python_tanh", .geluTanh),
        ("quick_gelu", .quickGelu), ("relu", .relu), ("relu2", .squaredReLU),
    ]

    /// The activation of that name; nil for one that is not computed here.
    init?(huggingFace name: String) {
        guard let found = Self.names.first(where: { $0.name == name }) else { return nil }
        self = found.activation
    }

    /// What transformers calls it.
    var huggingFaceName: String {
        Self.names.first { $0.activation == self }?.name ?? "\(self)"
    }
}

extension HuggingFaceFields {
    /// The activation that `key` names.
    func activation(_ key: String, default usual: Activation) throws -> Activation {
        guard let name = try text(key) else { return usual }
        guard let activation = Activation(huggingFace: name) else {
            throw ModelConfigurationError.unsupported(key: key, value: name)
        }
        return activation
    }
}
