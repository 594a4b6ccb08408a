// The schema as a tree, with the levels at which its nodes are there and repeat (Melnik et al. 2010, "Dremel").

internal import JSON

/// A node of the schema.
final class SchemaNode {
    enum Shape {
        case leaf(column: Int)
        /// Fields by name.
        case record([SchemaNode])
        /// A list whose elements are `element`. `wrapper`: the repeated group around an element holds nothing else.
        case list(SchemaNode)
        /// Pairs as an object, where the keys are texts.
        case map(key: SchemaNode, value: SchemaNode)
    }

    let name: String
    var shape = Shape.record([])
    /// From this definition level on, the node is not null.
    let definitionLevel: Int
    let isOptional: Bool
    /// For lists and maps: the levels of their repeated part.
    var repeatedDefinitionLevel = 0
    var repetitionLevel = 0
    /// Numbers of the leaf columns below.
    var columns: Range<Int> = 0..<0

    init(name: String, definitionLevel: Int, isOptional: Bool) {
        self.name = name
        self.definitionLevel = definitionLevel
        self.isOptional = isOptional
    }
}

extension SchemaNode {
    /// Whether the node's values are bytes, which are given as texts.
    func isText(in schema: Schema) -> Bool {
        guard case .leaf(let column) = shape else { return false }
        return schema.leaves[column].type == .byteArray
    }
}

/// A leaf column's place in the schema.
struct LeafColumn {
    var path: [String]
    var type: PhysicalType
    var converter: LeafConverter
    var maximumDefinitionLevel: Int
    var maximumRepetitionLevel: Int
}

/// The tree and its leaves.
struct Schema {
    let fields: [SchemaNode]
    let leaves: [LeafColumn]

    init(_ elements: [SchemaElement]) throws(ParquetError) {
        var builder = Builder(elements: elements)
        guard let root = elements.first else { throw ParquetError(.broken, "no schema") }
        var fields: [SchemaNode] = []
        builder.position = 1
        for _ in 0..<root.childCount { fields.append(try builder.node(path: [], definition: 0, repetition: 0)) }
        guard builder.position == elements.count else {
            throw ParquetError(.broken, "the schema has elements beyond its tree")
        }
        self.fields = fields
        leaves = builder.leaves
    }

    private struct Builder {
        let elements: [SchemaElement]
        var position = 0
        var leaves: [LeafColumn] = []

        private static let maximumDepth = 64

        /// The node at `position`, below levels `definition` and `repetition`.
        mutating func node(path: [String], definition: Int, repetition: Int) throws(ParquetError) -> SchemaNode {
            guard position < elements.count else { throw ParquetError(.broken, "the schema ends within its tree") }
            let element = elements[position]
            guard element.repetition == .repeated else {
                return try node(path, definition, repetition, isElementOfList: false)
            }
            // A bare repeated field is a list that is never null.
            let list = SchemaNode(name: element.name, definitionLevel: definition, isOptional: false)
            let first = leaves.count
            list.repeatedDefinitionLevel = definition + 1
            list.repetitionLevel = repetition + 1
            list.shape = .list(try node(path, definition + 1, repetition + 1, isElementOfList: true))
            list.columns = first..<leaves.count
            try requireColumns(list)
            return list
        }

        private mutating func node(
            _ path: [String], _ definition: Int, _ repetition: Int, isElementOfList: Bool
        ) throws(ParquetError) -> SchemaNode {
            guard path.count < Self.maximumDepth else { throw ParquetError(.unsupported, "a schema nested too deeply") }
            let element = elements[position]
            let path = path + [element.name]
            position += 1
            let isOptional = element.repetition == .optional && !isElementOfList
            let level = definition + (isOptional ? 1 : 0)
            let node = SchemaNode(name: element.name, definitionLevel: level, isOptional: isOptional)
            let first = leaves.count
            // An element without a type is a group, also one without children.
            if let type = element.type, element.childCount == 0 {
                leaves.append(
                    LeafColumn(
                        path: path, type: type, converter: try LeafConverter(element, type),
                        maximumDefinitionLevel: level, maximumRepetitionLevel: repetition))
                node.shape = .leaf(column: first)
            } else if let repeated = repeatedChild(of: element) {
                try readRepeated(repeated, of: element, into: node, path, level, repetition)
            } else {
                var fields: [SchemaNode] = []
                for _ in 0..<element.childCount {
                    fields.append(try self.node(path: path, definition: level, repetition: repetition))
                }
                node.shape = .record(fields)
            }
            node.columns = first..<leaves.count
            try requireColumns(node)
            return node
        }

        /// Levels are told by columns: a list of nothing has no length.
        private func requireColumns(_ node: SchemaNode) throws(ParquetError) {
            switch node.shape {
            case .list, .map:
                guard !node.columns.isEmpty else {
                    throw ParquetError(.unsupported, "a list of structures without fields", column: node.name)
                }
            case .leaf, .record: break
            }
        }

        /// The one repeated child of a group that is marked as a list or a map.
        private func repeatedChild(of element: SchemaElement) -> SchemaElement? {
            let isMarked =
                element.logicalType == .list || element.logicalType == .map
                || [1, 2, 3].contains(element.convertedType ?? -1)
            guard isMarked, element.childCount == 1, position < elements.count,
                elements[position].repetition == .repeated
            else { return nil }
            return elements[position]
        }

        private mutating func readRepeated(
            _ repeated: SchemaElement, of element: SchemaElement, into node: SchemaNode, _ path: [String],
            _ definition: Int, _ repetition: Int
        ) throws(ParquetError) {
            node.repeatedDefinitionLevel = definition + 1
            node.repetitionLevel = repetition + 1
            let isMap = element.logicalType == .map || element.convertedType == 1 || element.convertedType == 2
            if isMap, repeated.childCount == 2 {
                position += 1
                let path = path + [repeated.name]
                let key = try self.node(path: path, definition: definition + 1, repetition: repetition + 1)
                let value = try self.node(path: path, definition: definition + 1, repetition: repetition + 1)
                node.shape = .map(key: key, value: value)
                return
            }
            // The rules of LogicalTypes.md for lists written before the three-level form.
            let isElementItself =
                repeated.childCount != 1 || repeated.type != nil || repeated.name == "array"
                || repeated.name == element.name + "_tuple"
            if isElementItself {
                node.shape = .list(try self.node(path, definition + 1, repetition + 1, isElementOfList: true))
            } else {
                position += 1
                node.shape = .list(
                    try self.node(path: path + [repeated.name], definition: definition + 1, repetition: repetition + 1))
            }
        }
    }
}
