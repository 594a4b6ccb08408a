#include <oniguruma.h>

// Swift 6 refuses mutable C globals; these hand out their addresses.
static inline OnigEncoding lathe_onig_utf8(void) { return ONIG_ENCODING_UTF8; }
static inline OnigSyntaxType *lathe_onig_syntax(void) { return ONIG_SYNTAX_ONIGURUMA; }
