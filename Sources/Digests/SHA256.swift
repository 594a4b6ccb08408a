// SHA-256 (FIPS 180-4) through OpenSSL's libcrypto, which picks the CPU's SHA instructions.

internal import COpenSSL

/// An incremental SHA-256: feed it bytes, then ask for the digest once.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto cannot start a SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        precondition(EVP_DigestUpdate(context, base, bytes.count) == 1, "SHA-256 update failed")
    }

    public mutating func update(_ bytes: some ContiguousBytesSource) {
        bytes.withBytes { update($0) }
    }

    /// The 32 bytes of the digest of everything fed so far.
    public consuming func digest() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        precondition(EVP_DigestFinal_ex(context, &digest, &count) == 1 && count == 32, "SHA-256 final failed")
        return digest
    }

    /// The digest of `bytes` in lower-case hexadecimal, 64 characters.
    public static func hex(of bytes: some ContiguousBytesSource) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.digest().hexadecimal
    }
}

/// What can be hashed without a copy.
public protocol ContiguousBytesSource {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}

extension Array: ContiguousBytesSource where Element == UInt8 {
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes { body($0) }
    }
}

extension String: ContiguousBytesSource {
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(utf8).withBytes(body)
    }
}

extension UnsafeRawBufferPointer: ContiguousBytesSource {
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { body(self) }
}

extension [UInt8] {
    /// Two lower-case hexadecimal digits a byte.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
