// The numbers that files hold, and the library's names for them.

public import CHDF5

/// A number that HDF5 stores as it is.
public protocol HDF5Number: BitwiseCopyable, Sendable {
    static var typeInMemory: hid_t { get }
    /// Little-endian, whatever the machine.
    static var typeInFile: hid_t { get }
    static var zero: Self { get }
}

extension Float: HDF5Number {
    public static var typeInMemory: hid_t { lathe_h5_float_in_memory() }
    public static var typeInFile: hid_t { lathe_h5_float_in_file() }
}

extension Double: HDF5Number {
    public static var typeInMemory: hid_t { lathe_h5_double_in_memory() }
    public static var typeInFile: hid_t { lathe_h5_double_in_file() }
}

extension Int64: HDF5Number {
    public static var typeInMemory: hid_t { lathe_h5_int64_in_memory() }
    public static var typeInFile: hid_t { lathe_h5_int64_in_file() }
}

extension Int32: HDF5Number {
    public static var typeInMemory: hid_t { lathe_h5_int32_in_memory() }
    public static var typeInFile: hid_t { lathe_h5_int32_in_file() }
}

extension UInt8: HDF5Number {
    public static var typeInMemory: hid_t { lathe_h5_uint8_in_memory() }
    public static var typeInFile: hid_t { lathe_h5_uint8_in_file() }
}
