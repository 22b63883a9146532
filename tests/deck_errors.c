/* SPDX-License-Identifier: BSD-3-Clause */
/* deck: every kind of bad deck gives its message at its place, and no bytes make the reader crash. */
#include "tests/deck_tables.h"
#include <sys/stat.h>

/* ---- bad decks ---- */

typedef struct {
  const char
    *text; /* after the two lines that make a deck complete, so line 3 is its first; "-" first: it stands alone */
  const char *words[WORDS];
  const char *messages[WORDS]; /* all of them, in order, each the start of a line */
} bad_deck;

static const bad_deck bad_decks[] = {
  /* names */
  {"hmc: {stepz: 3}", {0}, {"x.yaml:3:7: hmc.stepz: unknown key, did you mean \"steps\"?"}},
  {"hmc:\n  Steps: 3\n  setps: 4",
   {0},
   {"x.yaml:4:3: hmc.Steps: unknown key, did you mean \"steps\"?", "x.yaml:5:3: hmc.setps: unknown key, did you mean "
                                                                   "\"steps\"?"}},
  {"train: {setps: 3}",
   {0},
   {"x.yaml:3:9: train.setps: unknown key, did you mean \"steps\"?"}}, /* a swap is one change */
  {"hmc: {kappa: 3}", {0}, {"x.yaml:3:7: hmc.kappa: unknown key (it is a key of action)"}},
  {"train: {pressure: 3}", {0}, {"x.yaml:3:9: train.pressure: unknown key; its keys are stops, steps"}},
  {"hcm: {steps: 3, zzz: 1}\n", {0}, {"x.yaml:3:1: hcm: unknown section, did you mean \"hmc\"?"}},
  {"kappa: 0.3", {0}, {"x.yaml:3:1: kappa: unknown section (it is a key of action)"}},
  {"hmc_md: {steps: 3}", {0}, {"x.yaml:3:1: hmc_md: unknown section"}},
  {"wallpaper: {steps: 3}",
   {0},
   {"x.yaml:3:1: wallpaper: unknown section; sections are lattice, run, action, hmc, train"}},
  {"wall\033paper: 1", {0}, {"x.yaml:3:5: not a text file: control characters are not allowed"}},
  {"\"wall\\epaper\": 1", {0}, {"x.yaml:3:1: wall?paper: unknown section"}},
  {"\"hmc\\0x\": {steps: 3}", {0}, {"x.yaml:3:1: hmc?x: unknown section"}},
  {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhh: 1",
   {0},
   {"x.yaml:3:1: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff...: unknown section"}},
  /* twice */
  {"hmc: {steps: 3, steps: 4}", {0}, {"x.yaml:3:17: hmc.steps: given twice, first at line 3"}},
  {"hmc: {steps: 3}\ntrain:\nhmc: {steps: 3, stepz: 3}",
   {0},
   {"x.yaml:5:1: hmc: the section is given twice, first at line 3",
    "x.yaml:5:7: hmc.steps: given twice, first at line 3", "x.yaml:5:17: hmc.stepz: unknown key"}},
  /* integers */
  {"hmc: {steps: 3.5}",
   {0},
   {"x.yaml:3:14: hmc.steps: \"3.5\" is not an integer; it must be an integer from 1 to 1000, or auto"}},
  {"hmc: {steps: 1e3}", {0}, {"x.yaml:3:14: hmc.steps: \"1e3\" is not an integer"}},
  {"run: {seed: 0x10}", {0}, {"x.yaml:3:13: run.seed: \"0x10\" is not an integer: write 16; it must be an integer\n"}},
  {"run: {seed: 1_000}", {0}, {"x.yaml:3:13: run.seed: \"1_000\" is not an integer"}},
  {"run: {seed: 010}", {0}, {"x.yaml:3:13: run.seed: \"010\" is not an integer without leading zeros"}},
  {"run: {seed: auto}", {0}, {"x.yaml:3:13: run.seed: \"auto\" is not an integer"}},
  {"run: {seed: '7'}", {0}, {"x.yaml:3:13: run.seed: \"7\" is text because of its quotes"}},
  {"run: {seed: 99999999999999999999}", {0}, {"x.yaml:3:13: run.seed: \"99999999999999999999\" is too large"}},
  {"run: {seed: -99999999999999999999}", {0}, {"x.yaml:3:13: run.seed: \"-99999999999999999999\" is too large"}},
  {"hmc: {steps: 0}",
   {0},
   {"x.yaml:3:14: hmc.steps: 0 is out of range; it must be an integer from 1 to 1000, or auto"}},
  {"hmc: {steps: 1001}", {0}, {"x.yaml:3:14: hmc.steps: 1001 is out of range"}},
  /* numbers */
  {"action: {lambda: 1}", {0}, {"x.yaml:3:1: action: the section is given twice, first at line 2"}},
  {"hmc: {shift: 1e999}", {0}, {"x.yaml:3:14: hmc.shift: \"1e999\" is too large; it must be a number\n"}},
  {"hmc: {shift: -1e999}", {0}, {"x.yaml:3:14: hmc.shift: \"-1e999\" is too large"}},
  {"hmc: {shift: 1e-999}", {0}, {"x.yaml:3:14: hmc.shift: \"1e-999\" is too close to 0"}},
  {"hmc: {shift: nan}", {0}, {"x.yaml:3:14: hmc.shift: \"nan\" is not a finite number"}},
  {"hmc: {shift: .NaN}", {0}, {"x.yaml:3:14: hmc.shift: \".NaN\" is not a finite number"}},
  {"hmc: {shift: -.inf}", {0}, {"x.yaml:3:14: hmc.shift: \"-.inf\" is not a finite number"}},
  {"hmc: {shift: Infinity}", {0}, {"x.yaml:3:14: hmc.shift: \"Infinity\" is not a finite number"}},
  {"hmc: {shift: 0x1p3}", {0}, {"x.yaml:3:14: hmc.shift: \"0x1p3\" is not a number"}},
  {"hmc: {shift: 1.2.3}", {0}, {"x.yaml:3:14: hmc.shift: \"1.2.3\" is not a number"}},
  {"hmc: {shift: 1e}", {0}, {"x.yaml:3:14: hmc.shift: \"1e\" is not a number"}},
  {"hmc: {shift: .}", {0}, {"x.yaml:3:14: hmc.shift: \".\" is not a number"}},
  {"hmc: {trajectory: 0.001}",
   {0},
   {"x.yaml:3:19: hmc.trajectory: 0.001 is out of range; it must be a number from 0.01 to 100, or auto"}},
  /* truth, choices, text */
  {"hmc: {tune_start: 1}",
   {0},
   {"x.yaml:3:19: hmc.tune_start: \"1\" is neither true nor false; it must be true or false"}},
  {"hmc: {tune_start: \"yes\"}", {0}, {"x.yaml:3:19: hmc.tune_start: \"yes\" is text because of its quotes"}},
  {"hmc: {integrator: leapforg}",
   {0},
   {"x.yaml:3:19: hmc.integrator: \"leapforg\" is not known (did you mean \"leapfrog\"?); it must be one of "
    "leapfrog, omelyan\n"}},
  {"hmc: {integrator: leap}",
   {0},
   {"x.yaml:3:19: hmc.integrator: \"leap\" is not known; it must be one of leapfrog, omelyan\n"}},
  {"run: {dir: \"a\\nb\"}",
   {0},
   {"x.yaml:3:12: run.dir: \"a?b\" has control characters or is not UTF-8; it must be text"}},
  {"run: {dir: \"a\\0b\"}", {0}, {"x.yaml:3:12: run.dir: there is a NUL byte in the value"}},
  {"run: {dir: \"a\\u009bb\"}", {0}, {"x.yaml:3:12: run.dir: \"a?b\" has control"}},
  /* nothing, lists, maps */
  {"hmc: {steps: }", {0}, {"x.yaml:3:14: hmc.steps: there is no value; it must be an integer"}},
  {"hmc:\n  steps:\n  shift: ~",
   {0},
   {"x.yaml:4:9: hmc.steps: there is no value", "x.yaml:5:10: hmc.shift: there is no value"}},
  {"run: {dir: null}", {0}, {"x.yaml:3:12: run.dir: there is no value"}},
  {"hmc: {blocks: }", {0}, {"x.yaml:3:15: hmc.blocks: there is no value"}},
  {"hmc: {steps: [3]}", {0}, {"x.yaml:3:15: hmc.steps: a list stands where one value is due"}},
  {"hmc: {steps: []}", {0}, {"x.yaml:3:7: hmc.steps: a list stands where one value is due"}},
  {"hmc: {steps: {a: 3}}", {0}, {"x.yaml:3:14: hmc.steps: a map stands where a value is due; it must be an integer"}},
  {"hmc: {blocks: 4}",
   {0},
   {"x.yaml:3:15: hmc.blocks: \"4\" is not a list such as [32, 32]; it must be a list of integers from 1 to 64, or "
    "auto"}},
  {"hmc: {blocks: [1, 2, 2.5, 3]}", {0}, {"x.yaml:3:22: hmc.blocks: \"2.5\" is not an integer"}},
  {"hmc:\n  blocks:\n  - 1\n  - 65", {0}, {"x.yaml:6:5: hmc.blocks: 65 is out of range"}},
  {"hmc: {blocks: [1, [2], {3: 4}]}",
   {0},
   {"x.yaml:3:19: hmc.blocks: an entry of a list must be one value", "x.yaml:3:24: hmc.blocks: an entry of a list must "
                                                                     "be one value"}},
  {"hmc: {blocks: [1, ~]}", {0}, {"x.yaml:3:19: hmc.blocks: there is no value"}},
  {"hmc: 3", {0}, {"x.yaml:3:6: hmc: a section must be a map of keys, such as `hmc: {key: value}`"}},
  {"hmc: [steps, 3]", {0}, {"x.yaml:3:6: hmc: a section must be a map of keys"}},
  {"hmc: {[steps]: 3, {a: b}: 4, steps: 0}",
   {0},
   {"x.yaml:3:7: hmc: a name must be one word", "x.yaml:3:19: hmc: a name must be one word",
    "x.yaml:3:37: hmc.steps: 0 is out of range"}},
  {"? [a, b]\n: {c: d}\nhmc: {steps: 0}",
   {0},
   {"x.yaml:3:3: a name must be one word", "x.yaml:5:14: hmc.steps: 0 is out of range"}},
  /* references, tags, documents */
  {"hmc: &h {steps: 3}\ntrain: *h",
   {0},
   {"x.yaml:3:6: hmc: anchors (&) and aliases (*)", "x.yaml:4:8: train: anchors (&) and aliases (*)"}},
  {"hmc: {steps: &s 3, shift: *s}",
   {0},
   {"x.yaml:3:14: hmc.steps: anchors (&)", "x.yaml:3:27: hmc.shift: anchors (&)"}},
  {"hmc: {<<: *undefined, blocks: [*a, 1]}",
   {0},
   {"x.yaml:3:7: hmc.<<: unknown key", "x.yaml:3:32: hmc.blocks: anchors (&)"}},
  {"hmc: {steps: !!int 3}", {0}, {"x.yaml:3:14: hmc.steps: tags (!) are not taken"}},
  {"hmc: !map {steps: !x 3, blocks: !!seq [1]}\n!k train:",
   {0},
   {"x.yaml:3:6: hmc: tags (!)", "x.yaml:3:19: hmc.steps: tags (!)", "x.yaml:3:33: hmc.blocks: tags (!)",
    "x.yaml:4:1: tags (!)"}},
  {"hmc: {}\n---\nhmc: {}", {0}, {"x.yaml:4:1: a deck is one YAML document; a second one starts here"}},
  {"-[1, 2]", {0}, {"x.yaml:1:1: a deck must be a map of sections"}},
  {"-just words", {0}, {"x.yaml:1:1: a deck must be a map of sections"}},
  {"-&a {hmc: }", {"-lattice_extents", "4", "-action_kappa", "1"}, {"x.yaml:1:1: anchors (&)"}},
  /* syntax */
  {"hmc: {steps: 3",
   {0},
   {"x.yaml:4:1: YAML syntax: did not find expected ',' or '}' (while parsing a flow mapping that starts at line 3)"}},
  {"hmc: {stepz: 3, shift: nan, steps: [}",
   {0},
   {"x.yaml:3:7: hmc.stepz: unknown key", "x.yaml:3:24: hmc.shift: \"nan\"", "x.yaml:3:37: YAML syntax: "}},
  {"hmc:\n\tsteps: 3",
   {0},
   {"x.yaml:4:1: YAML syntax: found character that cannot start any token (while scanning for the "
    "next token that starts at line 4); indent with blanks"}},
  {"hmc: \"abc", {0}, {"x.yaml:4:1: YAML syntax: found unexpected end of stream"}},
  {"hmc: {}\n \xff", {0}, {"x.yaml:4:2: not a text file: invalid leading UTF-8 octet"}},
  /* missing */
  {"-",
   {0},
   {"x.yaml: lattice.extents: missing; it must be given: a list of integers from 1 to 4096", "x.yaml: action.kappa: "
                                                                                             "missing; it must be "
                                                                                             "given: a number from -10 "
                                                                                             "to 10"}},
  {"-# nothing\nhmc: {steps: 0}\naction: {}",
   {0},
   {"x.yaml:2:14: hmc.steps: 0", "x.yaml: lattice.extents: missing", "x.yaml:3:1: action.kappa: missing"}},
  {"-lattice: {extents: 4}\naction: {kappa: nan}",
   {0},
   {"x.yaml:1:20: lattice.extents: \"4\" is not a list", "x.yaml:2:17: action.kappa: \"nan\""}},
  /* the command line */
  {"", {"-hmc_stpes", "20"}, {"-hmc_stpes: unknown option, did you mean -hmc_steps?"}},
  {"",
   {"-wallpaper", "-hmc_steps", "0"},
   {"-wallpaper: unknown option; options are -section_key", "-hmc_steps: hmc.steps: 0 is out of range; it must be an "
                                                            "integer from 1 to 1000, or auto"}},
  {"", {"-hmc_steps", "3", "-hmc_steps", "0"}, {"-hmc_steps: hmc.steps: given twice on the command line"}},
  {"",
   {"-hmc_steps", "-hmc_shift", "4", "-hmc_tune_start"},
   {"-hmc_steps: hmc.steps: the value is missing; it must be an integer", "-hmc_tune_start: hmc.tune_start: the value "
                                                                          "is missing"}},
  {"",
   {"20", "-hmc_steps", "3", "4"},
   {"20: an option such as -section_key must come before a value", "4: an option such as"}},
  {"hmc: {sizes: 0.1}",
   {0},
   {"x.yaml:3:14: hmc.sizes: \"0.1\" is not a list such as [0.2, 0.1]; it must be a list of numbers from 0.001 to 10"}},
  {"hmc: {sizes: [0.1, nan, 11]}", {0}, {"x.yaml:3:20: hmc.sizes: \"nan\" is not a finite"}},
  {"", {"-hmc_sizes", "0.1,11"}, {"-hmc_sizes: hmc.sizes: 11 is out of range"}},
  {"", {"-hmc_blocks", "1,2,"}, {"-hmc_blocks: hmc.blocks: there is no value"}},
  {"", {"-hmc_blocks", "[1 2]"}, {"-hmc_blocks: hmc.blocks: \"1 2\" is not an integer"}},
  {"", {"-hmc_blocks", ""}, {"-hmc_blocks: hmc.blocks: there is no value"}},
  {"", {"-run_dir", ""}, {"-run_dir: run.dir: there is no value"}},
  {"", {"-run_dir", "\xff"}, {"-run_dir: run.dir: \"?\" has control characters or is not UTF-8"}},
  {"", {"-run_dir", "\xc0\xaf"}, {"-run_dir: run.dir: \"??\" has control characters or is not UTF-8"}},
  {"", {"--hmc_stpes", "3"}, {"--hmc_stpes: unknown option, did you mean -hmc_steps?"}},
  {"hmc: {steps: 0}", {"-hmc_steps", "3"}, {"x.yaml:3:14: hmc.steps: 0 is out of range"}},
};

/* The messages and nothing else, in order; then one line with their number. */
static bool heard_exactly(const bad_deck *bad)
{
  const char *line = heard.text;
  int count = count_words(bad->messages);
  char summary[32];
  if (tap.rank > 0) return !heard.text[0];
  for (int i = 0; i < count; i++) {
    if (strncmp(line, bad->messages[i], strlen(bad->messages[i]))) return false;
    line = strchr(line, '\n');
    if (!line++) return false;
  }
  snprintf(summary, sizeof summary, "squall: %d error%s ", count, count > 1 ? "s" : "");
  return !strncmp(line, summary, strlen(summary)) && count_lines(line) == 1;
}

static void check_bad_decks(void)
{
  for (size_t i = 0; i < sizeof bad_decks / sizeof *bad_decks; i++) {
    const bad_deck *bad = &bad_decks[i];
    bool alone = bad->text[0] == '-';
    sq_deck *deck = NULL;
    char text[1024];
    snprintf(text, sizeof text, "%s%s\n", alone ? "" : needed, bad->text + alone);
    listen_begin();
    PetscErrorCode code = parse(text, bad->words, &deck);
    listen_end();
    bool as_expected = code == SQ_ERR_INPUT && !deck && heard_exactly(bad);
    if (!as_expected) printf("# rank %d: status %d for\n%s# it said\n%s", tap.rank, code, text, heard.text);
    tap_check(as_expected, "refused: %.50s%s%s", bad->messages[0], bad->words[0] ? " from " : "",
              bad->words[0] ? bad->words[0] : "");
    TAP_CALL(sq_deck_destroy(&deck));
  }
}

static void check_many_errors(void)
{
  static char text[60000];
  sq_deck *deck = NULL;
  size_t used = 0;
  for (int i = 0; i < 1000; i++) used += (size_t)snprintf(text + used, sizeof text - used, "unknown%d: 1\n", i);
  listen_begin();
  PetscErrorCode code = parse(text, none, &deck);
  listen_end();
  bool said = tap.rank || (strstr(heard.text, "squall: 1002 errors in x.yaml\n") && count_lines(heard.text) == 202);
  tap_check(code == SQ_ERR_INPUT && said, "a thousand errors are counted and two hundred shown");
}

/* ---- files ---- */

static void write_file(const char *path, size_t size, const char *bytes)
{
  if (tap.rank == 0) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) MPI_Abort(MPI_COMM_WORLD, 99);
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

static void check_refused_file(const char *path, const char *message)
{
  sq_deck *deck = NULL;
  listen_begin();
  PetscErrorCode code = sq_deck_read(MPI_COMM_WORLD, path, tables, 0, NULL, &deck);
  listen_end();
  bool said = tap.rank ? !heard.text[0] :
                         strstr(heard.text, message) && strstr(heard.text, path) && count_lines(heard.text) == 1;
  if (!said) printf("# rank %d heard: %s", tap.rank, heard.text);
  tap_check(code == SQ_ERR_INPUT && !deck && said, "a file refused: %s", message);
}

static void check_files(void)
{
  static char big[(1 << 20) + 2];
  char path[128];
  const int64_t *list;
  sq_deck *deck = NULL;
  snprintf(path, sizeof path, "%s/deck.yaml", tap_directory());
  check_refused_file(path, "No such file or directory");
  check_refused_file(tap_directory(), "is a directory");
  check_refused_file("/dev/null", "is not a regular file");
  memset(big, '#', sizeof big);
  write_file(path, (1 << 20) + 1, big);
  check_refused_file(path, "is larger than 1 MiB");
  write_file(path, 0, "");
  check_refused_file(path, "is empty");
  write_file(path, 6,
             "\xff\xfe"
             "h\0m\0");
  check_refused_file(path, "is UTF-16 (or UTF-32): save it as UTF-8");
  write_file(path, 9, "hmc: {}\0\n");
  check_refused_file(path, "contains NUL bytes");
  memset(big, '[', sizeof big);
  write_file(path, 1 << 20, big);
  listen_begin();
  PetscErrorCode code = sq_deck_read(MPI_COMM_WORLD, path, tables, 0, NULL, &deck);
  listen_end();
  tap_check(code == SQ_ERR_INPUT && (tap.rank || count_lines(heard.text) <= 3), "a megabyte of brackets");
  memset(big, '#', sizeof big);
  memcpy(big, needed, sizeof needed - 1);
  write_file(path, 1 << 20, big);
  TAP_CALL(sq_deck_read(MPI_COMM_WORLD, path, tables, 0, NULL, &deck));
  tap_check(sq_deck_ints(deck, "lattice", "extents", &list) == 2 &&
              strstr(sq_deck_where(deck, "action", "kappa"), "deck.yaml:2:10"),
            "a megabyte of deck");
  TAP_CALL(sq_deck_destroy(&deck));
}

/* ---- wrong tables, damaged decks ---- */

static void check_wrong_tables(void)
{
  static const sq_param twice[] = {
    {"a_b", "c", SQ_PARAM_INT, "1", 0, 0, NULL, "", ""}, {"a", "b_c", SQ_PARAM_INT, "1", 0, 0, NULL, "", ""}, {0}};
  static const sq_param range[] = {{"a", "b", SQ_PARAM_INT, "0", 1, 3, NULL, "", ""}, {0}};
  static const sq_param choice[] = {{"a", "b", SQ_PARAM_CHOICE, "c", 0, 0, "d e", "", ""}, {0}};
  const sq_param *const wrong[] = {twice, range, choice};
  for (int i = 0; i < 3; i++) {
    const sq_param *const list[] = {wrong[i], NULL};
    sq_deck *deck = NULL;
    listen_begin();
    PetscErrorCode code = sq_deck_parse(MPI_COMM_WORLD, "x.yaml", "", list, 0, NULL, &deck);
    listen_end();
    tap_check(code == PETSC_ERR_PLIB, "a wrong table is found out: %d", i);
    TAP_CALL(sq_deck_destroy(&deck));
  }
}

static uint32_t lottery(uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* Never a crash, and the same verdict on all ranks, whatever the bytes. */
static void check_damaged(void)
{
  static const char valid[] = "lattice: {extents: [8, 8]}\naction:\n  type: phi4\n  kappa: 0.21\n  lambda: 0.022\n"
                              "run: {dir: \"a \\x41 b\", title: 'x'}\n"
                              "hmc:\n  steps: 17\n  levels:\n  - 1\n  - 2\n"
                              "  integrator: leapfrog\n  tune_start: yes\ntrain: {}\n";
  static const char special[] = "{}[]:,-#&*!|>'\"%@`?~\n\t \\0e.\xff\x80";
  uint32_t state = 7;
  int good = 0, bad = 0;
  listen_begin();
  for (int trial = 0; trial < 4000; trial++) {
    char text[sizeof valid];
    sq_deck *deck = NULL;
    memcpy(text, valid, sizeof valid);
    for (uint32_t n = 1 + lottery(&state) % 3; n; n--) {
      uint32_t at = lottery(&state) % (sizeof valid - 1), pick = lottery(&state);
      text[at] = pick & 1 ? special[(pick >> 1) % (sizeof special - 1)] : (char)(1 + (pick >> 1) % 255);
    }
    if (lottery(&state) % 4 == 0) text[lottery(&state) % sizeof text] = '\0';
    PetscErrorCode code = parse(text, none, &deck);
    good += code == 0 && deck;
    bad += code == SQ_ERR_INPUT && !deck;
    TAP_CALL(sq_deck_destroy(&deck));
    listen_again();
  }
  listen_end();
  int counts[2] = {good, -good}, extremes[2];
  MPI_Allreduce(counts, extremes, 2, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  tap_check(good + bad == 4000 && good > 0 && bad > 0 && extremes[0] == -extremes[1], "4000 damaged decks: read or "
                                                                                      "refused");
  if (tap.rank == 0) printf("# %d were read, %d refused\n", good, bad);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_bad_decks();
  check_many_errors();
  check_files();
  check_wrong_tables();
  check_damaged();
  return tap_end();
}
