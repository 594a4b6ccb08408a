// HTML, CSS and JavaScript are taken in by the compiler: whoever edits them edits the files themselves.
// A file that is new gets its lines here; a test holds the list against the folder.

#include "CPage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char api_js[] = {
#embed "files/api.js"
};
static const unsigned char app_js[] = {
#embed "files/app.js"
};
static const unsigned char chart_js[] = {
#embed "files/chart.js"
};
static const unsigned char chat_js[] = {
#embed "files/chat.js"
};
static const unsigned char compare_js[] = {
#embed "files/compare.js"
};
static const unsigned char dom_js[] = {
#embed "files/dom.js"
};
static const unsigned char events_js[] = {
#embed "files/events.js"
};
static const unsigned char icon_svg[] = {
#embed "files/icon.svg"
};
static const unsigned char index_html[] = {
#embed "files/index.html"
};
static const unsigned char keys_js[] = {
#embed "files/keys.js"
};
static const unsigned char markdown_js[] = {
#embed "files/markdown.js"
};
static const unsigned char newrun_js[] = {
#embed "files/newrun.js"
};
static const unsigned char overlay_js[] = {
#embed "files/overlay.js"
};
static const unsigned char rows_js[] = {
#embed "files/rows.js"
};
static const unsigned char run_js[] = {
#embed "files/run.js"
};
static const unsigned char runs_js[] = {
#embed "files/runs.js"
};
static const unsigned char sampling_js[] = {
#embed "files/sampling.js"
};
static const unsigned char store_js[] = {
#embed "files/store.js"
};
static const unsigned char style_css[] = {
#embed "files/style.css"
};
static const unsigned char tokens_js[] = {
#embed "files/tokens.js"
};
static const unsigned char tree_js[] = {
#embed "files/tree.js"
};
static const unsigned char words_en_js[] = {
#embed "files/words.en.js"
};
static const unsigned char words_js[] = {
#embed "files/words.js"
};
static const unsigned char words_zh_js[] = {
#embed "files/words.zh.js"
};

#define PAGE_FILE(name, bytes) {name, bytes, sizeof bytes}

static const struct lathe_page_file page_files[] = {
    PAGE_FILE("api.js", api_js),
    PAGE_FILE("app.js", app_js),
    PAGE_FILE("chart.js", chart_js),
    PAGE_FILE("chat.js", chat_js),
    PAGE_FILE("compare.js", compare_js),
    PAGE_FILE("dom.js", dom_js),
    PAGE_FILE("events.js", events_js),
    PAGE_FILE("icon.svg", icon_svg),
    PAGE_FILE("index.html", index_html),
    PAGE_FILE("keys.js", keys_js),
    PAGE_FILE("markdown.js", markdown_js),
    PAGE_FILE("newrun.js", newrun_js),
    PAGE_FILE("overlay.js", overlay_js),
    PAGE_FILE("rows.js", rows_js),
    PAGE_FILE("run.js", run_js),
    PAGE_FILE("runs.js", runs_js),
    PAGE_FILE("sampling.js", sampling_js),
    PAGE_FILE("store.js", store_js),
    PAGE_FILE("style.css", style_css),
    PAGE_FILE("tokens.js", tokens_js),
    PAGE_FILE("tree.js", tree_js),
    PAGE_FILE("words.en.js", words_en_js),
    PAGE_FILE("words.js", words_js),
    PAGE_FILE("words.zh.js", words_zh_js),
};

const size_t lathe_page_file_count = sizeof page_files / sizeof *page_files;

const struct lathe_page_file *lathe_page_file_at(size_t index) { return page_files + index; }
