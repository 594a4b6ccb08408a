// Values as libhdf5 lays them in memory → JSON.

internal import CHDF5
internal import HDF5Files
internal import JSON

/// How values of one type become JSON: worked out once, used for each value.
indirect enum HDF5Value {
    case integer(byteCount: Int, isSigned: Bool)
    case float(byteCount: Int)
    case text(byteCount: Int, isSpacePadded: Bool)
    case textByPointer
    /// Names by value; h5py writes truth values so.
    case choice(byteCount: Int, names: [Int: String])
    case record([(name: String, offset: Int, value: HDF5Value)])
    case array(shape: [Int], elementByteCount: Int, element: HDF5Value)
    /// A length and a pointer.
    case sequence(elementByteCount: Int, element: HDF5Value)

    /// - Parameter depth: how far inside of other types.
    init(_ type: hid_t, depth: Int = 0) throws(HDF5Failure) {
        let byteCount = H5Tget_size(type)
        guard depth < 8, byteCount > 0 else { throw HDF5Failure() }
        switch H5Tget_class(type) {
        case H5T_INTEGER:
            guard [1, 2, 4, 8].contains(byteCount) else { throw HDF5Failure() }
            self = .integer(byteCount: byteCount, isSigned: H5Tget_sign(type) == H5T_SGN_2)
        case H5T_FLOAT:
            guard byteCount == 4 || byteCount == 8 else { throw HDF5Failure() }
            self = .float(byteCount: byteCount)
        case H5T_STRING:
            self =
                H5Tis_variable_str(type) > 0
                ? .textByPointer
                : .text(byteCount: byteCount, isSpacePadded: H5Tget_strpad(type) == H5T_STR_SPACEPAD)
        case H5T_ENUM: self = try Self.choice(type, byteCount)
        case H5T_COMPOUND:
            var members: [(name: String, offset: Int, value: HDF5Value)] = []
            for index in 0..<UInt32(clamping: H5Tget_nmembers(type)) {
                guard let name = H5Tget_member_name(type, index) else { throw HDF5Failure() }
                defer { H5free_memory(name) }
                let member = try HDF5Handle(H5Tget_member_type(type, index), closing: H5Tclose)
                members.append(
                    (
                        String(cString: name), H5Tget_member_offset(type, index),
                        try HDF5Value(member.id, depth: depth + 1)
                    ))
            }
            self = .record(members)
        case H5T_ARRAY:
            let element = try HDF5Handle(H5Tget_super(type), closing: H5Tclose)
            var sizes = [hsize_t](repeating: 0, count: Int(max(1, H5Tget_array_ndims(type))))
            guard H5Tget_array_dims2(type, &sizes) >= 0 else { throw HDF5Failure() }
            self = .array(
                shape: sizes.map { Int(clamping: $0) }, elementByteCount: H5Tget_size(element.id),
                element: try HDF5Value(element.id, depth: depth + 1))
        case H5T_VLEN:
            let element = try HDF5Handle(H5Tget_super(type), closing: H5Tclose)
            self = .sequence(
                elementByteCount: H5Tget_size(element.id), element: try HDF5Value(element.id, depth: depth + 1))
        default: throw HDF5Failure()
        }
    }

    private static func choice(_ type: hid_t, _ byteCount: Int) throws(HDF5Failure) -> HDF5Value {
        guard [1, 2, 4, 8].contains(byteCount) else { throw HDF5Failure() }
        var names: [Int: String] = [:]
        for index in 0..<UInt32(clamping: H5Tget_nmembers(type)) {
            guard let name = H5Tget_member_name(type, index) else { throw HDF5Failure() }
            defer { H5free_memory(name) }
            var bytes: [UInt8] = Array(repeating: 0, count: 8)
            guard H5Tget_member_value(type, index, &bytes) >= 0 else { throw HDF5Failure() }
            let value = bytes.withUnsafeBytes { integer($0.baseAddress, byteCount, isSigned: true) }
            names[value] = String(cString: name)
        }
        return .choice(byteCount: byteCount, names: names)
    }

    private static func integer(_ pointer: UnsafeRawPointer?, _ byteCount: Int, isSigned: Bool) -> Int {
        guard let pointer else { return 0 }
        return switch (byteCount, isSigned) {
        case (1, true): Int(pointer.loadUnaligned(as: Int8.self))
        case (1, false): Int(pointer.loadUnaligned(as: UInt8.self))
        case (2, true): Int(pointer.loadUnaligned(as: Int16.self))
        case (2, false): Int(pointer.loadUnaligned(as: UInt16.self))
        case (4, true): Int(pointer.loadUnaligned(as: Int32.self))
        case (4, false): Int(pointer.loadUnaligned(as: UInt32.self))
        default: pointer.loadUnaligned(as: Int.self)
        }
    }

    // MARK: Values

    /// The value at `pointer`; `nil` where it is a text that is not UTF-8.
    func json(at pointer: UnsafeRawPointer) -> JSONValue? {
        switch self {
        case .integer(let byteCount, let isSigned):
            let value = Self.integer(pointer, byteCount, isSigned: isSigned)
            return isSigned ? .integer(value) : JSONValue(UInt64(bitPattern: Int64(value)))
        case .float(let byteCount):
            return .double(
                byteCount == 4
                    ? Double(pointer.loadUnaligned(as: Float.self)) : pointer.loadUnaligned(as: Double.self))
        case .text(let byteCount, let isSpacePadded):
            var bytes = UnsafeRawBufferPointer(start: pointer, count: byteCount)[...]
            if isSpacePadded {
                while bytes.last == 0x20 { bytes.removeLast() }
            } else if let end = bytes.firstIndex(of: 0) {
                bytes = bytes[..<end]
            }
            return String(validating: bytes, as: UTF8.self).map { .string($0) }
        case .textByPointer:
            guard let text = pointer.loadUnaligned(as: UnsafePointer<CChar>?.self) else { return .string("") }
            return String(validatingCString: text).map { .string($0) }
        case .choice(let byteCount, let names):
            let value = Self.integer(pointer, byteCount, isSigned: true)
            if names == [0: "FALSE", 1: "TRUE"] { return .bool(value != 0) }
            return names[value].map { .string($0) } ?? .integer(value)
        case .record(let members):
            var object = JSONObject()
            for member in members {
                guard let value = member.value.json(at: pointer + member.offset) else { return nil }
                object.members.append((member.name, value))
            }
            return .object(object)
        case .array(let shape, let elementByteCount, let element):
            return element.list(at: pointer, shape: shape[...], elementByteCount)
        case .sequence(let elementByteCount, let element):
            let sequence = pointer.loadUnaligned(as: hvl_t.self)
            guard sequence.len > 0, let elements = sequence.p else { return .array([]) }
            return element.list(at: elements, shape: [Int(sequence.len)], elementByteCount)
        }
    }

    /// `shape` elements from `pointer` on, as lists in lists.
    func list(at pointer: UnsafeRawPointer, shape: ArraySlice<Int>, _ elementByteCount: Int) -> JSONValue? {
        guard let count = shape.first else { return json(at: pointer) }
        let step = shape.dropFirst().reduce(elementByteCount, *)
        var elements: [JSONValue] = []
        for index in 0..<count {
            guard let element = list(at: pointer + index * step, shape: shape.dropFirst(), elementByteCount) else {
                return nil
            }
            elements.append(element)
        }
        return .array(elements)
    }
}
