// The walk over a GGUF file's header. Nothing is allocated in proportion to a count the file claims before that count has been
// held against the bytes that are left.

import Tensors

struct GGUFParser {
    private(set) var version = 0
    private(set) var metadata: [(key: String, value: GGUFValue)] = []
    private(set) var tensors: [StoredTensor] = []
    private(set) var alignment = 32
    /// Bytes of the file after the last tensor and what brings it to the alignment.
    private(set) var trailingByteCount = 0
    private(set) var keys: [[UInt8]: Int] = [:]
    private(set) var names: [[UInt8]: Int] = [:]
    private let file: MappedFile
    private var reader: ByteReader

    private static let maximumDimensions = 4
    /// ggml keeps names in 64 bytes, the last of them zero.
    private static let maximumNameBytes = 63
    /// Length of a key, type, one byte of value.
    private static let smallestMetadataEntry = 8 + 1 + 4 + 1
    /// Length of a name, number of dimensions, type, offset.
    private static let smallestTensorEntry = 8 + 4 + 4 + 8

    init(_ file: MappedFile) {
        self.file = file
        reader = ByteReader(file.bytes, file: file.path)
    }

    mutating func parse() throws(WeightError) {
        let magic = try reader.integer(UInt32.self, "the magic number")
        guard magic == 0x4655_4747 else { throw failure("not a GGUF file", expected: "the bytes 'GGUF' at the start") }
        let version = try reader.integer(UInt32.self, "the version")
        guard version & 0xFFFF != 0 || version == 0 else { throw failure("a big-endian GGUF file") }
        guard version == 2 || version == 3 else {
            throw failure("unsupported GGUF version", expected: "2 or 3", found: "\(version)")
        }
        self.version = Int(version)
        let tensorCount = try count("tensors", atLeast: Self.smallestTensorEntry)
        let metadataCount = try count("metadata entries", atLeast: Self.smallestMetadataEntry)
        for _ in 0..<metadataCount { try parseMetadata() }
        try setAlignment()
        var places: [(offset: UInt64, byteCount: Int)] = []
        var pending: [(name: String, type: StoredType, shape: Shape)] = []
        for _ in 0..<tensorCount {
            let entry = try parseTensor()
            pending.append((entry.name, entry.type, entry.shape))
            places.append((entry.offset, entry.byteCount))
        }
        try placeTensors(pending, places)
    }

    // MARK: Metadata

    private mutating func parseMetadata() throws(WeightError) {
        let start = reader.position
        let bytes = try reader.string("a metadata key")
        guard !bytes.isEmpty else { throw failure("an empty metadata key", at: start) }
        guard let key = String(strictlyDecoding: bytes) else {
            throw failure("a metadata key that is not UTF-8", at: start)
        }
        guard keys.updateValue(metadata.count, forKey: Array(bytes)) == nil else {
            throw failure("the metadata key stands twice", key, at: start)
        }
        let type = try valueType(key)
        metadata.append((key, try value(type, key)))
    }

    private mutating func valueType(_ key: String) throws(WeightError) -> GGUFValueType {
        let start = reader.position
        let number = try reader.integer(UInt32.self, "the type of \(key)")
        guard let type = GGUFValueType(rawValue: number) else {
            throw failure("unknown metadata type", key, expected: "0 to 12", found: "\(number)", at: start)
        }
        return type
    }

    private mutating func value(_ type: GGUFValueType, _ key: String) throws(WeightError) -> GGUFValue {
        switch type {
        case .uint8: .uint8(try reader.integer(UInt8.self, key))
        case .int8: .int8(try reader.integer(Int8.self, key))
        case .uint16: .uint16(try reader.integer(UInt16.self, key))
        case .int16: .int16(try reader.integer(Int16.self, key))
        case .uint32: .uint32(try reader.integer(UInt32.self, key))
        case .int32: .int32(try reader.integer(Int32.self, key))
        case .uint64: .uint64(try reader.integer(UInt64.self, key))
        case .int64: .int64(try reader.integer(Int64.self, key))
        case .float32: .float32(Float(bitPattern: try reader.integer(UInt32.self, key)))
        case .float64: .float64(Double(bitPattern: try reader.integer(UInt64.self, key)))
        case .bool: .bool(try reader.integer(UInt8.self, key) != 0)
        case .string: .string(Array(try reader.string(key)))
        case .array: .array(try array(key))
        }
    }

    private mutating func array(_ key: String) throws(WeightError) -> GGUFArray {
        let type = try valueType(key)
        guard type != .array else { throw failure("an array of arrays", key, hint: "llama.cpp refuses them too") }
        let count = try count("elements of \(key)", atLeast: type.byteCount ?? 8)
        let start = reader.position
        if let size = type.byteCount {
            _ = try reader.skip(UInt64(count) * UInt64(size), key)
        } else {
            for _ in 0..<count { _ = try reader.string(key) }
        }
        return GGUFArray(elementType: type, count: count, storage: file.storage, byteRange: start..<reader.position)
    }

    private mutating func setAlignment() throws(WeightError) {
        guard let index = keys[Array("general.alignment".utf8)] else { return }
        guard case .uint32(let value) = metadata[index].value else {
            throw failure("wrong type", "general.alignment", expected: "uint32", found: metadata[index].value.typeName)
        }
        guard value > 0, value & (value - 1) == 0 else {
            throw failure("not a power of two", "general.alignment", found: "\(value)")
        }
        alignment = Int(value)
    }

    // MARK: Tensors

    private mutating func parseTensor() throws(WeightError) -> (
        name: String, type: StoredType, shape: Shape, offset: UInt64, byteCount: Int
    ) {
        let start = reader.position
        let bytes = try reader.string("a tensor's name")
        guard bytes.count <= Self.maximumNameBytes else {
            throw failure(
                "a tensor's name is too long", expected: "at most \(Self.maximumNameBytes) bytes",
                found: "\(bytes.count)",
                at: start)
        }
        guard let name = String(strictlyDecoding: bytes) else {
            throw failure("a tensor's name is not UTF-8", at: start)
        }
        guard names.updateValue(names.count, forKey: Array(bytes)) == nil else {
            throw failure("the tensor stands twice", name, at: start)
        }
        let shape = try parseShape(name)
        let number = try reader.integer(UInt32.self, "the type of \(name)")
        guard let type = StoredType.ggml[number] else {
            throw failure("unknown tensor type", name, found: "\(number)", at: start)
        }
        guard (shape.sizes.last ?? 1) % type.blockElements == 0 else {
            throw failure(
                "rows of \(type.name) hold whole blocks", name, expected: "a multiple of \(type.blockElements)",
                found: "\(shape.sizes.last ?? 1)", at: start)
        }
        guard let byteCount = shape.elementCount.flatMap({ type.byteCount(elements: $0) }) else {
            throw failure("the size of shape \(shape) overflows", name, at: start)
        }
        return (name, type, shape, try reader.integer(UInt64.self, "the offset of \(name)"), byteCount)
    }

    /// GGUF writes the innermost size first.
    private mutating func parseShape(_ name: String) throws(WeightError) -> Shape {
        let start = reader.position
        let dimensions = try reader.integer(UInt32.self, "the dimensions of \(name)")
        guard dimensions <= Self.maximumDimensions else {
            throw failure(
                "too many dimensions", name, expected: "at most \(Self.maximumDimensions)", found: "\(dimensions)",
                at: start)
        }
        var sizes: [Int] = []
        for _ in 0..<dimensions {
            let size = try reader.integer(Int64.self, "the dimensions of \(name)")
            guard size >= 0 else { throw failure("a negative dimension", name, found: "\(size)", at: start) }
            sizes.append(Int(size))
        }
        let shape = Shape(sizes.reversed())
        // The product must not overflow in any order, zeros included.
        guard Shape(sizes.map { max($0, 1) }).elementCount != nil else {
            throw failure("the size of shape \(shape) overflows", name, at: start)
        }
        return shape
    }

    /// Offsets must be exactly those of tensors laid out in order, each padded to the alignment.
    private mutating func placeTensors(
        _ entries: [(name: String, type: StoredType, shape: Shape)], _ places: [(offset: UInt64, byteCount: Int)]
    ) throws(WeightError) {
        let dataStart = padded(reader.position) ?? Int.max
        var offset = 0
        for (entry, place) in zip(entries, places) {
            guard place.offset == UInt64(offset) else {
                throw failure("offset out of place", entry.name, expected: "\(offset)", found: "\(place.offset)")
            }
            let (start, overflow) = dataStart.addingReportingOverflow(offset)
            guard !overflow, start <= file.bytes.count, place.byteCount <= file.bytes.count - start else {
                throw failure(
                    "the file ends inside the tensor's data", entry.name, expected: "\(place.byteCount) bytes",
                    found: "\(max(0, file.bytes.count - min(start, file.bytes.count)))",
                    at: min(start, file.bytes.count))
            }
            tensors.append(
                StoredTensor(
                    name: entry.name, type: entry.type, shape: entry.shape, byteRange: start..<(start + place.byteCount)
                ))
            guard let end = padded(offset + place.byteCount) else { throw failure("the offset overflows", entry.name) }
            offset = end
        }
        // A file may end with its last tensor, or be filled up to the alignment.
        if let end = padded(dataStart + offset) { trailingByteCount = max(0, file.bytes.count - end) }
    }

    private func padded(_ offset: Int) -> Int? {
        let (sum, overflow) = offset.addingReportingOverflow(alignment - 1)
        return overflow ? nil : sum / alignment * alignment
    }

    // MARK: Failures

    /// A 64-bit count of things that take at least `size` bytes each.
    private mutating func count(_ what: String, atLeast size: Int) throws(WeightError) -> Int {
        let start = reader.position
        let count = try reader.integer(UInt64.self, "the number of \(what)")
        guard count <= UInt64(reader.remaining / size) else {
            throw failure(
                "more \(what) than the file can hold", expected: "at most \(reader.remaining / size)",
                found: "\(count)",
                at: start)
        }
        return Int(count)
    }

    private func failure(
        _ problem: String, _ name: String? = nil, expected: String? = nil, found: String? = nil, at offset: Int? = nil,
        hint: String? = nil
    ) -> WeightError {
        WeightError(
            file: file.path, problem, tensor: name, byteOffset: offset ?? reader.position, expected: expected,
            found: found,
            hint: hint)
    }
}
