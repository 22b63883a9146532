/* SPDX-License-Identifier: BSD-3-Clause */
/* deck: good decks give their values, echoes read back, equal decks have equal fingerprints, tables explain themselves.
 */
#include "tests/deck_tables.h"

/* ---- good decks ---- */

static void check_values(void)
{
  static const char *const words[WORDS] = {"-hmc_shift", "-0.75", "-hmc_tune_start", "off"};
  const int64_t *list;
  sq_deck *deck = must_parse("\xEF\xBB\xBF# a comment\n%YAML 1.1\n---\n"
                             "lattice: {extents: [8, 8, 16,]}\n"
                             "action:\n  type: gaussian\n  kappa: -.5e-1\n  lambda: 0\n"
                             "hmc:\n  steps: +17\n  trajectory: 2\n  integrator: \"leapfrog\"\n"
                             "  levels:\n  - -5\n  - 0\n  shift: 3\n"
                             "run: {seed: -9223372036854775808, dir: 2024, title: 'it''s \xC3\xBC'}\ntrain:\n...\n",
                             words);
  int count = sq_deck_ints(deck, "lattice", "extents", &list);
  tap_check(count == 3 && list[0] == 8 && list[1] == 8 && list[2] == 16, "a list in one line");
  count = sq_deck_ints(deck, "hmc", "levels", &list);
  tap_check(count == 2 && list[0] == -5 && list[1] == 0, "a list over lines");
  tap_check(sq_deck_ints(deck, "hmc", "blocks", &list) == 0, "a list left to the program is empty");
  tap_check(sq_deck_real(deck, "action", "kappa") == -0.05 && sq_deck_real(deck, "hmc", "trajectory") == 2.0, "number"
                                                                                                              "s");
  tap_check(sq_deck_real(deck, "action", "lambda") == 0 && sq_deck_int(deck, "hmc", "steps") == 17, "numbers at the "
                                                                                                    "edge");
  tap_check(sq_deck_int(deck, "run", "seed") == INT64_MIN, "the smallest integer");
  tap_check(!strcmp(sq_deck_text(deck, "action", "type"), "gaussian") &&
              !strcmp(sq_deck_text(deck, "hmc", "integrator"), "leapfrog"),
            "choices");
  tap_check(!strcmp(sq_deck_text(deck, "run", "dir"), "2024") && !strcmp(sq_deck_text(deck, "run", "title"), "it's "
                                                                                                             "\xC3"
                                                                                                             "\xBC"),
            "text");
  tap_check(sq_deck_real(deck, "hmc", "shift") == -0.75 && !sq_deck_bool(deck, "hmc", "tune_start"), "the command line "
                                                                                                     "wins");
  tap_check(sq_deck_int(deck, "train", "steps") == 3000 && !sq_deck_given(deck, "train", "steps"), "an empty section "
                                                                                                   "has its defaults");
  tap_check(sq_deck_has_section(deck, "train"), "an empty section is there");
  tap_check(sq_deck_given(deck, "hmc", "shift") && !strcmp(sq_deck_where(deck, "hmc", "shift"), "-hmc_shift"),
            "given by an option");
  tap_check(sq_deck_given(deck, "hmc", "steps") && !strcmp(sq_deck_where(deck, "hmc", "steps"), "x.yaml:10:3"),
            "given in the file");
  tap_check(!strcmp(sq_deck_where(deck, "hmc", "blocks"), "default"), "not given");
  TAP_CALL(sq_deck_destroy(&deck));
}

/* Lists of choices. */
static void check_words(void)
{
  static const sq_param params[] = {
    {"report", "format", SQ_PARAM_WORDS, "auto", 0, 0, "png pdf svg", "", "Formats."},
    {"report", "figure", SQ_PARAM_WORDS, "[]", 0, 0, "leapfrog", "", "Figures.", .names = row_name},
    {0}};
  static const sq_param *const all[] = {params, NULL};
  static const struct {
    const char *text;
    bool good, png, pdf, svg;
  } rows[] = {{"report: {format: [svg, png]}\n", true, true, false, true},
              {"report: {format: pdf}\n", true, false, true, false},
              {"report: {format: auto}\n", true, false, false, false},
              {"report: {format: []}\n", true, false, false, false},
              {"report: {format: [png, jpg]}\n", false, false, false, false},
              {"report: {format: [1]}\n", false, false, false, false},
              {"report: {format: }\n", false, false, false, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sq_deck *deck = NULL, *again;
    char *text;
    listen_begin();
    PetscErrorCode code = sq_deck_parse(MPI_COMM_WORLD, "x.yaml", rows[i].text, all, 0, NULL, &deck);
    listen_end();
    tap_check((code == 0) == rows[i].good && (rows[i].good || tap.rank || strstr(heard.text, "png, pdf, svg")),
              "list %d is %s", (int)i, rows[i].good ? "read" : "refused, with what is allowed");
    if (code) continue;
    tap_check(sq_deck_chosen(deck, "report", "format", "png") == rows[i].png &&
                sq_deck_chosen(deck, "report", "format", "pdf") == rows[i].pdf &&
                sq_deck_chosen(deck, "report", "format", "svg") == rows[i].svg &&
                !sq_deck_chosen(deck, "report", "figure", "omelyan"),
              "and chooses what it says");
    TAP_CALL(sq_deck_text_of(deck, NULL, true, &text));
    TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "x.yaml", text, all, 0, NULL, &again));
    tap_check(sq_deck_fingerprint(again, NULL) == sq_deck_fingerprint(deck, NULL), "its echo reads back");
    sq_free(&text);
    TAP_CALL(sq_deck_destroy(&again));
    TAP_CALL(sq_deck_destroy(&deck));
  }
}

static void check_defaults(void)
{
  sq_deck *deck = must_parse("lattice: {extents: []}\naction: {kappa: 1}\nhmc: {trajectory: auto}\n", none);
  tap_check(sq_deck_int(deck, "hmc", "steps") == -1 && sq_deck_real(deck, "hmc", "trajectory") == -1.0, "auto");
  tap_check(sq_deck_real(deck, "hmc", "shift") == -0.5 && sq_deck_bool(deck, "hmc", "tune_start"), "declared defaults");
  tap_check(!*sq_deck_text(deck, "run", "title"), "empty text");
  tap_check(!sq_deck_has_section(deck, "train") && sq_deck_has_section(deck, "hmc"), "sections that are there and not");
  TAP_CALL(sq_deck_note(deck, "hmc", "trajectory", "1.5"));
  tap_check(sq_deck_real(deck, "hmc", "trajectory") == -1.0 && !sq_deck_given(deck, "hmc", "blocks"), "and so it "
                                                                                                      "stays");
  TAP_CALL(sq_deck_destroy(&deck));
}

static void check_overrides(void)
{
  static const char *const words[WORDS] = {"-lattice_extents",   "32,16", "-action_kappa", "-1e-3", "-train_steps",
                                           "1000000000000000000"};
  static const char *const others[WORDS] = {"-lattice_extents", " [ 32 , 16 ] ", "-action_kappa", "-.001",
                                            "-run_title",       "y: #"};
  const int64_t *list;
  sq_deck *deck = NULL, *other = NULL;
  TAP_CALL(sq_deck_read(MPI_COMM_WORLD, NULL, tables, 6, words, &deck));
  tap_check(sq_deck_ints(deck, "lattice", "extents", &list) == 2 && list[0] == 32 && list[1] == 16, "a list as an "
                                                                                                    "option");
  tap_check(sq_deck_real(deck, "action", "kappa") == -1e-3, "a negative value is no option");
  tap_check(sq_deck_int(deck, "train", "steps") == 1000000000000000000, "the largest allowed integer");
  tap_check(sq_deck_has_section(deck, "train") && !sq_deck_has_section(deck, "hmc"), "an option makes its section");
  /* Words of other ranks do not count. */
  const char *const mine[2] = {
    "-nonsense_of_another_rank_longer_than_all_the_words_of_rank_0_together_so_that_it_would_not_fit", "3"};
  TAP_CALL(sq_deck_read(MPI_COMM_WORLD, NULL, tables, tap.rank ? 2 : 6, tap.rank ? mine : others, &other));
  tap_check(sq_deck_ints(other, "lattice", "extents", &list) == 2 && list[0] == 32 && list[1] == 16, "a list in "
                                                                                                     "brackets");
  tap_check(!strcmp(sq_deck_text(other, "run", "title"), "y: #"), "text with special characters");
  TAP_CALL(sq_deck_destroy(&deck));
  TAP_CALL(sq_deck_destroy(&other));
}

static void check_reals(void)
{
  static const char *const words[WORDS] = {"-hmc_sizes", "1e-1,.05,0.30000000000000004"};
  const double *list;
  char *echo;
  sq_deck *deck = must_parse(needed, none), *other = must_parse(needed, words),
          *same = must_parse("lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nhmc:\n  sizes:\n  - 2e-1\n  - 0.10\n",
                             none);
  tap_check(sq_deck_reals(deck, "hmc", "sizes", &list) == 2 && list[0] == 0.2 && list[1] == 0.1, "a list of numbers");
  tap_check(sq_deck_fingerprint(deck, NULL) == sq_deck_fingerprint(same, NULL), "written in two ways");
  tap_check(sq_deck_reals(other, "hmc", "sizes", &list) == 3 && list[1] == 0.05 && list[2] == 0.30000000000000004,
            "as an option");
  TAP_CALL(sq_deck_text_of(other, (const char *const[]){"hmc", NULL}, false, &echo));
  tap_check(strstr(echo, "  sizes: [0.1, 0.05, 0.30000000000000004]\n") != NULL, "echoed to the last bit");
  sq_free(&echo);
  TAP_CALL(sq_deck_destroy(&deck));
  TAP_CALL(sq_deck_destroy(&other));
  TAP_CALL(sq_deck_destroy(&same));
}

/* ---- echo and fingerprint ---- */

static const char *const every[] = {"lattice", "run", "action", "hmc", "train", NULL};

static void check_echo_of(const char *text, const char *const *sections, bool comments)
{
  static const char *const words[WORDS] = {"-hmc_steps", "40"};
  sq_deck *deck = must_parse(text, words), *again;
  char *echo, *twice;
  TAP_CALL(sq_deck_text_of(deck, sections, comments, &echo));
  again = must_parse(echo, none);
  TAP_CALL(sq_deck_text_of(again, sections, false, &twice));
  sq_free(&echo);
  TAP_CALL(sq_deck_text_of(deck, sections, false, &echo));
  bool same = sq_deck_fingerprint(deck, NULL) == sq_deck_fingerprint(again, NULL);
  if (strcmp(echo, twice) || !same) printf("# echo\n%s# and again\n%s", echo, twice);
  tap_check(same && !strcmp(echo, twice), "an echo reads back%s", comments ? ", with comments" : "");
  bool stages = sections || (sq_deck_has_section(again, "train") == sq_deck_has_section(deck, "train"));
  tap_check(stages && sq_deck_int(again, "hmc", "steps") == 40, "and has the same stages");
  tap_check(!strcmp(sq_deck_text(deck, "run", "dir"), sq_deck_text(again, "run", "dir")), "and the same text");
  sq_free(&echo);
  sq_free(&twice);
  TAP_CALL(sq_deck_destroy(&deck));
  TAP_CALL(sq_deck_destroy(&again));
}

static void check_echoes(void)
{
  static const char *const dirs[] = {
    "a b",     "null",   "~",        "",    "true", "'1.5'", "'# no'", "'a: b'", "\"q\\\"\\\\\"",
    "\"\\t\"", "/x/y-z", "\xC3\xBC", "'-'", "auto", "' '",   "N",      "[a",     NULL};
  for (int i = 0; dirs[i]; i++) {
    char text[256];
    bool bare = !*dirs[i] || !strcmp(dirs[i], "null") || !strcmp(dirs[i], "~") || !strcmp(dirs[i], "[a");
    if (!strcmp(dirs[i], "\"\\t\"")) continue;
    snprintf(text, sizeof text,
             "%shmc: {trajectory: 0.210, shift: +1e-3, tune_start: no, blocks: [1,2]}\nrun: {dir: %s%s%s}\n", needed,
             bare ? "\"" : "", dirs[i], bare ? "\"" : "");
    check_echo_of(text, NULL, i % 2);
    check_echo_of(text, every, i % 2);
  }
}

static void check_echo_text(void)
{
  static const char *const some[] = {"hmc", "action", NULL}, *const words[WORDS] = {"-hmc_shift", "2.50"};
  char *echo, *all;
  sq_deck *deck = must_parse("lattice: {extents: [4,6]}\naction: {kappa: 0.20}\n", words);
  TAP_CALL(sq_deck_note(deck, "hmc", "trajectory", "0.7"));
  TAP_CALL(sq_deck_note(deck, "hmc", "trajectory", "0.75"));
  TAP_CALL(sq_deck_text_of(deck, some, true, &echo));
  static const char expected[] = "action:\n  type: phi4  # default\n  kappa: 0.20\n  lambda: 0.0220  # default\n"
                                 "hmc:\n  steps: auto  # steps, default\n"
                                 "  trajectory: auto  # MD time, chosen by squall: 0.75\n  integrator: omelyan  # "
                                 "default\n"
                                 "  tune_start: true  # default\n  blocks: auto  # default\n"
                                 "  levels: []  # default\n  sizes: [0.2, 0.1]  # default\n  shift: 2.50  # command "
                                 "line\n";
  if (strcmp(echo, expected)) printf("# echo\n%s", echo);
  tap_check(!strcmp(echo, expected), "the echo, letter by letter");
  TAP_CALL(sq_deck_text_of(deck, NULL, true, &all));
  tap_check(strstr(all, "\n# train:\n#   stops: 0  # default\n#   steps: 3000  # steps, default\n") != NULL,
            "sections that are not there are comments");
  sq_free(&echo);
  sq_free(&all);
  TAP_CALL(sq_deck_destroy(&deck));
}

static uint64_t fingerprint(const char *text, const char *const *words, const char *const *sections)
{
  sq_deck *deck = must_parse(text, words);
  uint64_t hash = sq_deck_fingerprint(deck, sections);
  TAP_CALL(sq_deck_destroy(&deck));
  return hash;
}

/* A parameter that came later: decks that leave it at its default have the fingerprint of before. */
static void check_later(void)
{
  static const sq_param before[] = {{"run", "seed", SQ_PARAM_INT, "1", 0, 0, NULL, "", "Seed."}, {0}},
                        after[] = {{"run", "seed", SQ_PARAM_INT, "1", 0, 0, NULL, "", "Seed."},
                                   {"run", "kind", SQ_PARAM_CHOICE, "old", 0, 0, "old new", "", "Kind.", .later = true},
                                   {0}};
  static const char *const text[] = {"run: {seed: 3}\n", "run: {seed: 3}\n", "run: {seed: 3, kind: old}\n",
                                     "run: {seed: 3, kind: new}\n"};
  uint64_t hash[4];
  for (int i = 0; i < 4; i++) {
    sq_deck *deck;
    TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "later.yaml", text[i], (const sq_param *const[]){i ? after : before, NULL},
                           0, NULL, &deck));
    hash[i] = sq_deck_fingerprint(deck, NULL);
    TAP_CALL(sq_deck_destroy(&deck));
  }
  tap_check(hash[1] == hash[0] && hash[2] == hash[0] && hash[3] != hash[0], "what came later counts where it is not "
                                                                            "the default");
}

static void check_fingerprints(void)
{
  static const char *const words[WORDS] = {"-action_kappa", "0.2"}, *const dir[WORDS] = {"-run_dir", "x"},
                           *const title[WORDS] = {"-run_title", "x"},
                           *const kappa[WORDS] = {"-action_kappa", "0.20000000000000004"};
  static const char *const zero[WORDS] = {"-hmc_shift", "0"}, *const minus[WORDS] = {"-hmc_shift", "-0.0"};
  static const char *const physics[] = {"lattice", "action", NULL};
  uint64_t first = fingerprint(needed, none, NULL);
  tap_check(first == fingerprint("action:\n  kappa: 2.00e-1\n  lambda: 0.022\nlattice:\n  extents:\n  - 4\n  - +6\n",
                                 none, NULL),
            "one deck written in two ways");
  tap_check(first == fingerprint("lattice: {extents: [ 4,6 ]}\n", words, NULL), "one value by file and by "
                                                                                "option");
  tap_check(first == fingerprint("lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nhmc: {tune_start: on}", none, NULL),
            "a default written out");
  tap_check(fingerprint(needed, zero, NULL) == fingerprint(needed, minus, NULL), "0 and -0");
  tap_check(first != fingerprint(needed, dir, NULL), "another text");
  tap_check(first != fingerprint(needed, kappa, NULL), "another last bit of a number");
  tap_check(first != fingerprint("lattice: {extents: [46]}\naction: {kappa: 0.2}\n", none, NULL), "another list");
  tap_check(fingerprint(needed, none, physics) == fingerprint(needed, dir, physics), "only the sections "
                                                                                     "named");
  tap_check(first == fingerprint(needed, title, NULL), "but for what stands apart");
  sq_deck *deck = must_parse(needed, none);
  TAP_CALL(sq_deck_note(deck, "hmc", "steps", "20"));
  tap_check(sq_deck_fingerprint(deck, NULL) == first, "nor does what squall chose");
  TAP_CALL(sq_deck_destroy(&deck));
}

/* ---- help ---- */

/* What a deck says against the text that a file keeps. */
static void check_differences(void)
{
  static const char deck_text[] = "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nhmc: {steps: 20}\nrun: {seed: "
                                  "2}\n";
  static const struct {
    const char *text, *key, *theirs, *ours;
  } other[] = {{deck_text, "", "", ""},
               {"lattice: {extents: [4, 6]}\naction: {kappa: 2e-1, lambda: 0.022}\nhmc: {steps: 20}\nrun: {seed: 2, "
                "title: x}\n",
                "", "", ""},
               {"lattice: {extents: [4, 6]}\naction: {kappa: 0.21}\nhmc: {steps: 20}\nrun: {seed: 2}\n", "action.kappa",
                "0.21", "0.2"},
               {"lattice: {extents: [4, 4]}\naction: {kappa: 0.2}\nhmc: {steps: 20}\nrun: {seed: 2}\n",
                "lattice.extents", "[4, 4]", "[4, 6]"},
               {"lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nrun: {seed: 2}\n", "hmc.steps", "auto", "20"},
               {"lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nhmc: {steps: 20, gone: 7}\nrun: {seed: 3}\n",
                "run.seed", "3", "2"},
               {"lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nhmc: {steps: 20}\ntrain: {steps: 5}\nrun: {seed: "
                "2}\n",
                "", "", ""},
               {"hmc: {shift: 3}\n", "hmc.shift", "3", "-0.50"},
               {"none", "", "", ""},
               {"", "", "", ""},
               {"{{{", "", "", ""}};
  static const char *const sections[] = {"lattice", "action", "hmc", "run.seed", NULL};
  for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
    sq_deck *deck = must_parse(deck_text, none);
    sq_deck_difference d;
    listen_begin();
    TAP_CALL(sq_deck_compare(deck, other[i].text, sections, &d));
    listen_end();
    tap_check(!heard.text[0] && !strcmp(d.key, other[i].key) && !strcmp(d.theirs, other[i].theirs) &&
                !strcmp(d.ours, other[i].ours),
              "difference %d: %s", (int)i, other[i].key);
    TAP_CALL(sq_deck_destroy(&deck));
  }
}

static void check_help(void)
{
  static const char *const some[] = {"action", "run", NULL};
  char text[8192];
  FILE *out = tmpfile();
  sq_params_help(out, tables, some);
  rewind(out);
  text[fread(text, 1, sizeof text - 1, out)] = '\0';
  static const char expected[] = "run:\n  -run_dir        Where everything is written.\n"
                                 "                  text; default runs/default\n"
                                 "  -run_seed       Seed of all random numbers.\n                  an integer; default "
                                 "1\n"
                                 "  -run_title      Any text | on the report.\n                  text; default \"\"\n"
                                 "action:\n  -action_type    The theory.\n                  one of phi4, gaussian; "
                                 "default phi4\n"
                                 "  -action_kappa   Hopping parameter.\n"
                                 "                  a number from -10 to 10; must be given\n"
                                 "  -action_lambda  Quartic coupling.\n                  a number not below 0; default "
                                 "0.0220\n";
  if (strcmp(text, expected)) printf("# help\n%s", text);
  tap_check(!strcmp(text, expected), "help of two sections");
  rewind(out);
  sq_params_help(out, tables, NULL);
  sq_params_markdown(out, tables);
  rewind(out);
  text[fread(text, 1, sizeof text - 1, out)] = '\0';
  tap_check(strstr(text, "  -hmc_steps        Steps of a trajectory.\n"
                         "                    an integer from 1 to 1000, or auto [steps]; default auto\n") != NULL,
            "help of all");
  tap_check(strstr(text, "### hmc\n\n| key | value |") != NULL && strstr(text, "| `kappa` | a number from -10 to 10 |  "
                                                                               "| must be given | Hopping parameter. "
                                                                               "|\n") != NULL,
            "the reference");
  tap_check(strstr(text, "Any text \\| on the report.") != NULL &&
              strstr(text, "| `steps` | an integer from 1 to 1000, or auto | steps | `auto` |") != NULL,
            "its cells");
  fclose(out);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_values();
  check_words();
  check_defaults();
  check_overrides();
  check_reals();
  check_echoes();
  check_echo_text();
  check_fingerprints();
  check_later();
  check_differences();
  check_help();
  return tap_end();
}
