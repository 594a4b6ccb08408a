// TLS over a socket by OpenSSL: the server must prove its name by a certificate that the system trusts.

internal import COpenSSL
internal import Foundation
internal import Vocabulary

/// A private channel over a connected socket, whose own limits of time hold.
final class TLSSession {
    private let context: OpaquePointer
    private let session: OpaquePointer

    /// Files of certificates where OpenSSL's own place has none: those of other systems than the one it was built for.
    private static let otherCertificates = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
        "/etc/ssl/ca-bundle.pem",
    ]

    /// - Throws: `untrusted` where the server does not prove that it is `host`.
    init(over descriptor: Int32, with host: String) throws(HTTPFault) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .unreachable("OpenSSL cannot start") }
        // A session takes what its context says when it is made.
        lathe_tls_require_1_2(context)
        guard let session = SSL_new(context) else {
            SSL_CTX_free(context)
            throw .unreachable("OpenSSL cannot start")
        }
        (self.context, self.session) = (context, session)
        SSL_CTX_set_default_verify_paths(context)
        let environment = ProcessInfo.processInfo.environment
        if environment["SSL_CERT_FILE"] == nil, environment["SSL_CERT_DIR"] == nil {
            for file in Self.otherCertificates where access(file, R_OK) == 0 {
                SSL_CTX_load_verify_locations(context, file, nil)
                break
            }
        }
        SSL_set_verify(session, SSL_VERIFY_PEER, nil)
        var address = in6_addr()
        let isNumber = inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
        let isNamed =
            isNumber
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
            : SSL_set1_host(session, host) == 1 && lathe_tls_set_host_name(session, host) == 1
        guard isNamed, SSL_set_fd(session, descriptor) == 1 else { throw .unreachable("OpenSSL cannot start") }
        ERR_clear_error()
        let outcome = SSL_connect(session)
        guard outcome != 1 else { return }
        let verdict = SSL_get_verify_result(session)
        guard verdict == X509_V_OK else { throw .untrusted(Self.words(ofVerdict: verdict)) }
        throw fault(outcome)
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    private static func words(ofVerdict verdict: Int) -> String {
        let words = X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "\(verdict)"
        let knowsNobody = verdict == Int(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
        return words
            + (knowsNobody ? " (ca-certificates has those that are trusted, or the file that SSL_CERT_FILE names)" : "")
    }

    /// Sends the first of `bytes`; how many.
    func write(_ bytes: ArraySlice<UInt8>) throws(HTTPFault) -> Int {
        ERR_clear_error()
        let count = bytes.withUnsafeBytes { SSL_write(session, $0.baseAddress, Int32(clamping: $0.count)) }
        guard count > 0 else { throw fault(count) }
        return Int(count)
    }

    /// Reads what has come; 0 where the server has said that nothing more does.
    func read(into buffer: inout [UInt8]) throws(HTTPFault) -> Int {
        while true {
            ERR_clear_error()
            let count = buffer.withUnsafeMutableBytes { SSL_read(session, $0.baseAddress, Int32(clamping: $0.count)) }
            if count > 0 { return Int(count) }
            if SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN { return 0 }
            if errno == EINTR, SSL_get_error(session, count) == SSL_ERROR_SYSCALL { continue }
            throw fault(count)
        }
    }

    private func fault(_ outcome: Int32) -> HTTPFault {
        let code = errno
        switch SSL_get_error(session, outcome) {
        // The socket gave up waiting, and OpenSSL would try again.
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .timedOut
        case SSL_ERROR_SYSCALL where code == EAGAIN || code == EWOULDBLOCK: return .timedOut
        case SSL_ERROR_SYSCALL where code != 0: return .unreachable(SystemError(code, reading: "").cause)
        case SSL_ERROR_SYSCALL: return .unreachable("the connection broke off")
        default:
            let number = ERR_get_error()
            guard number != 0, let words = ERR_reason_error_string(number) else {
                return .unreachable("the connection broke off")
            }
            return .unreachable("TLS: " + String(cString: words))
        }
    }
}
