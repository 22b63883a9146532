/* SPDX-License-Identifier: BSD-3-Clause */
/* deck: every notation of a value, and every system that a deck may come from: what YAML 1.2 means, to the last bit,
 * or a refusal that says what to write. */
#include "tests/deck_tables.h"
#include <math.h>
#include <stdlib.h>

/* A value as it stands in a deck: what it is, or what is said of it. */
typedef struct {
  const char *text;
  double value;
  const char *said; /* NULL: it is taken */
} notation;

static const notation reals[] = {
  {"1e3", 1000, NULL},
  {"1E+3", 1000, NULL},
  {"1.e3", 1000, NULL},
  {".5", 0.5, NULL},
  {"5.", 5, NULL},
  {"+5", 5, NULL},
  {"-5", -5, NULL},
  {"+.5e-1", 0.05, NULL},
  {"0", 0, NULL},
  {"-0", 0, NULL},
  {"-0.0", 0, NULL},
  {"0e999", 0, NULL},
  {"0.1", 0.1, NULL},
  {"0.1000000000000000055511151231257827", 0.1, NULL},
  {"0.30000000000000004", 0.30000000000000004, NULL},
  {"2.2250738585072014e-308", 0x1p-1022, NULL},
  {"4.9406564584124654e-324", 0x1p-1074, NULL},
  {"1.7976931348623157e308", 0x1.fffffffffffffp1023, NULL},
  {"9007199254740993", 9007199254740992., NULL},
  {"1e05", 100000, NULL},
  {"\t5\t", 5, NULL},
  {"5 # five", 5, NULL},
  {"1e400", 0, "is too large"},
  {"-1e400", 0, "is too large"},
  {"1e-400", 0, "is too close to 0"},
  {".inf", 0, "is not a finite number"},
  {"-.Inf", 0, "is not a finite number"},
  {"+.INF", 0, "is not a finite number"},
  {".nan", 0, "is not a finite number"},
  {"NaN", 0, "is not a finite number"},
  {"017", 0, "is not a number without leading zeros: write 17, or 15 if it is octal"},
  {"-00.5", 0, "is not a number without leading zeros: write -0.5"},
  {"0x1F", 0, "is not a number: write 31"},
  {"0o17", 0, "is not a number: write 15"},
  {"0b101", 0, "is not a number: write 5"},
  {"1_000.5", 0, "is not a number: write 1000.5"},
  {"1:30", 0, "is not a number: write 90"},
  {"0,21", 0, "is not a number: write 0.21"},
  {"1,000.5", 0, "is not a number; it must be"},
  {"1d-3", 0, "is not a number: write 1e-3"},
  {"1.5D+2", 0, "is not a number: write 1.5e+2"},
  {"0.21#no", 0, "is not a number: a comment begins with a blank"},
  {"\xE2\x88\x92"
   "0.5",
   0, "is not a number: it has the character U+2212"},
  {"\xEF\xBC\x95", 0, "is not a number: it has the character U+FF15"},
  {"0.2\xC2\xA0", 0, "has the character U+00A0"},
  {"\xC2\xA0"
   "0.2",
   0, "has the character U+00A0"},
  {"0\xE2\x80\x8B.2", 0, "has the character U+200B"},
  {"1e", 0, "is not a number;"},
  {"e3", 0, "is not a number;"},
  {"1e3.5", 0, "is not a number;"},
  {"2/3", 0, "is not a number;"},
  {"- 5", 0, NULL}, /* YAML's own message */
  {"5 6", 0, "is not a number;"},
  {"true", 0, "is not a number;"},
  {"~", 0, "there is no value"},
  {"", 0, "there is no value"},
  {"Null", 0, "there is no value"},
  {"'5'", 0, "is text because of its quotes"},
  {"|\n    5", 0, "is text because of its quotes"},
  {"!!float 5", 0, "tags (!)"},
  {"&a 5", 0, "anchors (&)"},
};

static const notation integers[] = {
  {"0", 0, NULL},
  {"-0", 0, NULL},
  {"+5", 5, NULL},
  {"-5", -5, NULL},
  {"9007199254740992", 9007199254740992., NULL},
  {"9223372036854775808", 0, "is too large"},
  {"-9223372036854775809", 0, "is too large"},
  {"1e3", 0, "is not an integer: write 1000"},
  {"1E+3", 0, "is not an integer: write 1000"},
  {"1.0", 0, "is not an integer: write 1;"},
  {"5.", 0, "is not an integer: write 5;"},
  {"1.5", 0, "is not an integer;"},
  {".5", 0, "is not an integer;"},
  {"1e400", 0, "is not an integer;"},
  {"017", 0, "is not an integer without leading zeros: write 17, or 15 if it is octal"},
  {"-019", 0, "is not an integer without leading zeros: write -19;"},
  {"00", 0, "is not an integer without leading zeros: write 0"},
  {"0o17", 0, "is not an integer: write 15"},
  {"0x1F", 0, "is not an integer: write 31"},
  {"-0X1f", 0, "is not an integer: write -31"},
  {"0b101", 0, "is not an integer: write 5"},
  {"0x", 0, "is not an integer;"},
  {"1_000", 0, "is not an integer: write 1000"},
  {"1:30", 0, "is not an integer: write 90"},
  {"1,000", 0, "is not an integer: write whole numbers without commas"},
  {".inf", 0, "is not an integer;"},
  {"yes", 0, "is not an integer;"},
  {"~", 0, "there is no value"},
};

static const notation truths[] = {
  {"true", 1, NULL},
  {"True", 1, NULL},
  {"TRUE", 1, NULL},
  {"yes", 1, NULL},
  {"On", 1, NULL},
  {"false", 0, NULL},
  {"FALSE", 0, NULL},
  {"no", 0, NULL},
  {"off", 0, NULL},
  {"y", 0, "is neither true nor false"},
  {"0", 0, "is neither true nor false"},
  {"null", 0, "there is no value"},
  {"'true'", 0, "is text because of its quotes"},
};

static double value_of(const sq_deck *deck, const char *section, const char *key)
{
  if (!strcmp(key, "shift")) return sq_deck_real(deck, section, key);
  if (!strcmp(key, "seed")) return (double)sq_deck_int(deck, section, key);
  return sq_deck_bool(deck, section, key);
}

/* A value reads back from the echo to the same bits. */
static bool echoes(const sq_deck *deck, const char *section, const char *key)
{
  char *echo;
  sq_deck *again;
  TAP_CALL(sq_deck_text_of(deck, NULL, true, &echo));
  again = must_parse(echo, none);
  double one = value_of(deck, section, key), two = value_of(again, section, key);
  sq_free(&echo);
  TAP_CALL(sq_deck_destroy(&again));
  return !memcmp(&one, &two, sizeof one);
}

static void check_notation(const notation *n, const char *section, const char *key)
{
  char text[256];
  sq_deck *deck = NULL;
  snprintf(text, sizeof text, "%s%s:\n  %s: %s\n", needed, section, key, n->text);
  listen_begin();
  PetscErrorCode code = parse(text, none, &deck);
  listen_end();
  bool right = code == SQ_ERR_INPUT && strstr(heard.text, n->said ? n->said : "x.yaml:4:");
  if (!code) right = !n->said && value_of(deck, section, key) == n->value && echoes(deck, section, key);
  if (!right) printf("# %s: status %d, said %s\n", n->text, code, heard.text);
  tap_check(right, "%s.%s: %s", section, key, strchr(n->text, '\n') ? "a block" : n->text);
  TAP_CALL(sq_deck_destroy(&deck));
}

/* ---- decks of other systems ---- */

typedef struct {
  const char *name, *text, *said; /* NULL: it is taken, with kappa = 0.2, extents [4, 6] and run.dir "x y" */
} source;

static const source sources[] = {
  {"lines end with CR LF", "lattice: {extents: [4, 6]}\r\naction:\r\n  kappa: 0.2\r\nrun:\r\n  dir: x y\r\n", NULL},
  {"lines end with CR", "lattice: {extents: [4, 6]}\raction:\r  kappa: 0.2\rrun:\r  dir: x y\r", NULL},
  {"no line end at the end", "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun:\n  dir: x y", NULL},
  {"a byte-order mark", "\xEF\xBB\xBFlattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: x y}\n", NULL},
  {"a byte-order mark and ---",
   "\xEF\xBB\xBF---\r\nlattice: {extents: [4, 6]}\r\naction: {kappa: 0.2}\r\nrun: {dir: x y}", NULL},
  {"tabs around values", "lattice:\t{extents:\t[4,\t6]}\t\naction:\t{kappa:\t0.2\t}\nrun:\n  dir:\tx y\t\n", NULL},
  {"quoted keys, a comment without a line end",
   "\"lattice\": {\"extents\": [4, 6,]}\n'action': {? kappa : 0.2}\nrun: {dir: \"x\\x20y\"} # the end", NULL},
  {"text over two lines", "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun:\n  dir: x\n    y\n", NULL},
  {"YAML 1.1 and the end of the document",
   "%YAML 1.1\n---\nlattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: x y}\n...\n", NULL},
  {"YAML 1.2", "%YAML 1.2\n---\nlattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: x y}\n", NULL},
  {"two decks in one", "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: x y}\n...\n---\nhmc: {}\n",
   "x.yaml:5:1: a deck is one YAML document"},
  {"a mark in the middle",
   "lattice: {extents: [4, 6]}\n\xEF\xBB\xBF"
   "action: {kappa: 0.2}\n",
   "x.yaml:2:"},
  {"a line separator in a comment",
   "lattice: {extents: [4, 6]}\n# x\xE2\x80\xA8"
   "action: {kappa: 0.2}\n",
   "x.yaml:2:4: the character U+2028 ends a line to some"},
  {"a next-line character", "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: x\xC2\x85y}\n",
   "x.yaml:3:13: the character U+0085 ends a line to some"},
  {"a no-break space behind the colon of a section", "lattice:\xC2\xA0{extents: [4, 6]}\naction: {kappa: 0.2}\n",
   "x.yaml:1:"},
  {"one that indents", "lattice: {extents: [4, 6]}\naction:\n\xC2\xA0 kappa: 0.2\n", "U+00A0"},
  {"one behind the colon of a key",
   "lattice: {extents: [4, 6]}\naction:\n  kappa:\xC2\xA0"
   "0.2\n",
   "U+00A0"},
  {"one in a name", "lattice: {extents: [4, 6]}\naction: {kappa\xC2\xA0: 0.2}\n", "U+00A0"},
  {"one in a path", "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: x\xC2\xA0y}\n", "U+00A0"},
  {"text that is drawn from right to left",
   "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: \"x\xE2\x80\xAEy\"}\n",
   "run.dir: \"x?y\" has control"},
  {"a decimal comma in a map", "lattice: {extents: [4, 6]}\naction: {kappa: 0,2}\n",
   "action.2: unknown key; a comma separates keys, numbers are written with a point"},
  {"Latin 1", "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {dir: x\xFCy}\n", "x.yaml:3:13: not a text file"},
  {"nothing but blanks", "  \n\n", "lattice.extents: missing"},
  {"anchors and merge keys", "a: &a {extents: [4, 6]}\nlattice:\n  <<: *a\naction: {kappa: 0.2}\n", "x.yaml:"},
};

static void check_source(const source *s)
{
  const int64_t *list;
  sq_deck *deck = NULL;
  listen_begin();
  PetscErrorCode code = parse(s->text, none, &deck);
  listen_end();
  bool right = code == SQ_ERR_INPUT && s->said && strstr(heard.text, s->said);
  if (!code)
    right = !s->said && sq_deck_ints(deck, "lattice", "extents", &list) == 2 && list[0] == 4 && list[1] == 6 &&
            sq_deck_real(deck, "action", "kappa") == 0.2 && !strcmp(sq_deck_text(deck, "run", "dir"), "x y");
  if (!right) printf("# status %d, said %s\n", code, heard.text);
  tap_check(right, "%s", s->name);
  TAP_CALL(sq_deck_destroy(&deck));
}

/* ---- the command line ---- */

static void check_words(void)
{
  static const char *const words[WORDS] = {"--hmc_steps", "20", "-hmc_shift=-0.5", "--run_dir=a=b"};
  sq_deck *deck = must_parse(needed, words);
  tap_check(sq_deck_int(deck, "hmc", "steps") == 20 && sq_deck_real(deck, "hmc", "shift") == -0.5, "--key and "
                                                                                                   "-key=value");
  tap_check(!strcmp(sq_deck_text(deck, "run", "dir"), "a=b"), "a value may have = in it");
  tap_check(!strcmp(sq_deck_where(deck, "hmc", "shift"), "-hmc_shift"), "its place is the option");
  TAP_CALL(sq_deck_destroy(&deck));
}

/* ---- names of files ---- */

static const struct {
  const char *text, *value, *said; /* value NULL: it is refused */
} places[] = {
  {"a/b c", "a/b c", NULL},
  {"\"~\"", "/h o", NULL},
  {"~/x", "/h o/x", NULL},
  {"x/~", "x/~", NULL},
  {"$SQ_A/x", "/tmp/a/x", NULL},
  {"\"${SQ_A}b\"", "/tmp/ab", NULL},
  {"\"q${SQ_A}${SQ_A}\"", "q/tmp/a/tmp/a", NULL},
  {"a$", "a$", NULL},
  {"a$(touch x)", "a$(touch x)", NULL},
  {"a$9", "a$9", NULL},
  {"$SQ_NOT/x", NULL, "x.yaml:1:9: place.dir: SQ_NOT is not set in the environment"},
  {"$SQ_EMPTY", NULL, "SQ_EMPTY is not set"},
  {"$SQ_TWICE", NULL, "SQ_TWICE has a $ or ~ of its own"},
  {"$SQ_BELL", NULL, "SQ_BELL has control characters"},
  {"~other/x", NULL, "the directory of another user must be written out"},
};

static void check_places(void)
{
  static const sq_param params[] = {{"place", "dir", SQ_PARAM_STRING, "x", .path = true}, {0}};
  static const sq_param *const list[] = {params, NULL};
  char text[128], *echo;
  setenv("HOME", "/h o", 1), setenv("SQ_A", "/tmp/a", 1), setenv("SQ_EMPTY", "", 1);
  setenv("SQ_TWICE", "$SQ_A", 1), setenv("SQ_BELL", "\a", 1), unsetenv("SQ_NOT");
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    sq_deck *deck = NULL, *again = NULL;
    snprintf(text, sizeof text, "place: {dir: %s}\n", places[i].text);
    listen_begin();
    PetscErrorCode code = sq_deck_parse(MPI_COMM_WORLD, "x.yaml", text, list, 0, NULL, &deck);
    listen_end();
    bool right = places[i].value ? !code : code == SQ_ERR_INPUT && strstr(heard.text, places[i].said);
    if (right && !code) {
      right = !strcmp(sq_deck_text(deck, "place", "dir"), places[i].value);
      TAP_CALL(sq_deck_text_of(deck, NULL, false, &echo));
      TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "x.yaml", echo, list, 0, NULL, &again));
      right = right && !strcmp(sq_deck_text(again, "place", "dir"), places[i].value);
      sq_free(&echo);
    }
    if (!right) printf("# %s: status %d, %s\n", places[i].text, code, heard.text);
    tap_check(right, "place.dir: %s", places[i].text);
    TAP_CALL(sq_deck_destroy(&deck));
    TAP_CALL(sq_deck_destroy(&again));
  }
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) check_notation(&reals[i], "hmc", "shift");
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) check_notation(&integers[i], "run", "seed");
  for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) check_notation(&truths[i], "hmc", "tune_start");
  for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) check_source(&sources[i]);
  check_words();
  check_places();
  return tap_end();
}
