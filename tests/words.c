/* SPDX-License-Identifier: BSD-3-Clause */
/* words: what stands behind a command, sorted into operands, options and keys of the deck; every mistake is told with
 * what was meant; --set of a deck, nested keys too. */
#include "src/words/words.h"
#include "tests/deck_tables.h"

static const char *format_name(int index)
{
  static const char *const names[] = {"vtk", "xdmf", NULL};
  return names[index];
}

static const sq_option options[] = {{"FILE", NULL, "What to read.", .key = "run.dir"},
                                    {"--to", "FORMAT", "The format.", "npz csv", format_name},
                                    {"--chains", "N", "Chains.", .key = "hmc.chains"},
                                    {"--deck", NULL, "The deck."},
                                    {"TITLE", NULL, "Any."},
                                    {0}};

static const sq_option flag[] = {{"--deck", NULL, "The deck."}, {0}};

enum { MOST = 8 };
typedef struct {
  const char *given[MOST], *operands, *keys; /* joined with blanks */
  const char *to, *deck, *why;
} example;

static const example on_a_deck[] = {
  {{"d.yaml"}, "d.yaml", "", NULL, NULL, ""},
  {{"d.yaml", "--to", "npz", "--deck"}, "d.yaml", "", "npz", "", ""},
  {{"--deck", "-to=xdmf", "d.yaml"}, "d.yaml", "", "xdmf", "", ""},
  {{"-hmc_steps", "3", "d.yaml", "--hmc.shift=-1"}, "d.yaml", "-hmc_steps 3 --hmc.shift=-1", NULL, NULL, ""},
  {{"--set", "a.b=c d", "d.yaml", "--set=e.f=g"}, "d.yaml", "--set a.b=c d --set e.f=g", NULL, NULL, ""},
  {{"d.yaml", "x y", "--chains", "-4"}, "d.yaml x y", "-hmc_chains=-4 -run_dir=x y", NULL, NULL, ""},
  {{"d.yaml", "a=b", "title"}, "d.yaml a=b title", "-run_dir=a=b", NULL, NULL, ""},
  {{"--to", "csv", "--", "-d.yaml"}, "-d.yaml", "", "csv", NULL, ""},
  {{"-hmc_shift", "-0.5", "d"}, "d", "-hmc_shift -0.5", NULL, NULL, ""},
  {{"-hmc_shift"}, "", "-hmc_shift", NULL, NULL, ""},
  {{"d", "--chians", "4"}, "d 4", NULL, NULL, NULL, "import: unknown option --chians, did you mean --chains?"},
  {{"d", "--frobnicate=1"}, "d", NULL, NULL, NULL, "there are --to, --chains, --deck, --set, --help"},
  {{"d", "--to", "npy"},
   "d",
   NULL,
   NULL,
   NULL,
   "import: --to: npy is not known, did you mean npz? There are npz, csv, "
   "vtk, xdmf"},
  {{"d", "--to", "--deck"}, "d", NULL, NULL, NULL, "import: --to: the value is missing: --to FORMAT"},
  {{"d", "--to"}, "d", NULL, NULL, NULL, "the value is missing"},
  {{"d", "--set"}, "d", NULL, NULL, NULL, "--set: the value is missing: --set SECTION.KEY=VALUE"},
  {{"d", "--to=csv", "--to", "csv"}, "d", NULL, NULL, NULL, "--to is given twice"},
  {{"d", "--deck=yes"}, "d", NULL, NULL, NULL, "--deck takes no value"},
  {{"d", "--quiet=1"}, "d", NULL, NULL, NULL, "--quiet takes no value"},
  {{"d", "a", "b", "c"}, "d a b c", NULL, NULL, NULL, "c: an option such as -section_key must come before a value"},
};

/* Without a deck: as many words as there are options for. */
static void check_operands(void)
{
  static const char *const kinds[] = {"vtk", "more"};
  static const sq_option one[] = {{"KIND", NULL, "What.", .names = format_name}, {0}};
  sq_words words;
  char why[SQ_WORDS_TEXT];
  TAP_CALL(sq_words_read("list", one, false, 1, kinds, &words, why));
  tap_check(!why[0] && !strcmp(sq_words_value(&words, "KIND"), "vtk"), "a word that is no option");
  sq_words_clear(&words);
  TAP_CALL(sq_words_read("list", one, false, 2, kinds, &words, why));
  tap_check(!strcmp(why, "list: there is no place for more"), "and one too many");
  sq_words_clear(&words);
  TAP_CALL(sq_words_read("list", one, false, 1, kinds + 1, &words, why));
  tap_check(strstr(why, "more is not known; there are vtk, xdmf") != NULL, "and one that is no choice");
  sq_words_clear(&words);
}

static void join(int count, const char *const *words, char text[256])
{
  text[0] = 0;
  for (int i = 0; i < count; i++) strcat(strcat(text, i ? " " : ""), words[i]);
}

static bool equal(const char *a, const char *b)
{
  return (!a && !b) || (a && b && !strcmp(a, b));
}

static void check_example(const example *e)
{
  sq_words words;
  char why[SQ_WORDS_TEXT], given[256], operands[256], keys[256];
  int count = 0;
  while (count < MOST && e->given[count]) count++;
  TAP_CALL(sq_words_read("import", options, true, count, e->given, &words, why));
  join(count, e->given, given);
  join(words.operands, words.operand, operands);
  join(words.keys, words.key, keys);
  bool right = e->why[0] ? strstr(why, e->why) != NULL :
                           !why[0] && !strcmp(keys, e->keys) && equal(sq_words_value(&words, "--to"), e->to) &&
                             equal(sq_words_value(&words, "--deck"), e->deck);
  right = right && !strcmp(operands, e->operands);
  if (!right) printf("# operands '%s', keys '%s', why '%s'\n", operands, keys, why);
  tap_check(right, "import %s", given);
  sq_words_clear(&words);
}

/* Of files: any number of them, and no keys of a deck. */
static void check_files(void)
{
  static const char *const files[] = {"a", "--deck", "b", "-q.h5", "--no-color", "--verbose"}, *const key[] = {"a",
                                                                                                               "--hmc_"
                                                                                                               "steps",
                                                                                                               "3"};
  sq_words words;
  char why[SQ_WORDS_TEXT];
  TAP_CALL(sq_words_read("info", flag, false, 6, files, &words, why));
  tap_check(strstr(why, "unknown option -q.h5") != NULL, "a file with a dash is no option of info");
  sq_words_clear(&words);
  TAP_CALL(sq_words_read("info", flag, false, 3, key, &words, why));
  tap_check(strstr(why, "unknown option --hmc_steps") && !strstr(why, "section_key"), "info takes no keys");
  sq_words_clear(&words);
  TAP_CALL(sq_words_read("info", flag, false, 3, files, &words, why));
  tap_check(!why[0] && words.operands == 2 && !words.quiet && sq_words_value(&words, "--deck"), "files and a flag");
  sq_words_clear(&words);
  TAP_CALL(sq_words_read("info", NULL, false, 2, files + 4, &words, why));
  tap_check(!sq_words_value(NULL, "--deck"), "no words, no values");
  tap_check(!why[0] && words.plain && words.verbose && !words.quiet && !words.operands, "options of every command");
  sq_words_clear(&words);
}

/* ---- --set ---- */

static const sq_param nested_params[] = {
  {"families", "flow", SQ_PARAM_STRING, "", 0, 0, NULL, "", "Options.", .options = true}, {0}};
static const sq_param *const more_tables[] = {lattice_params, action_params, hmc_params, nested_params, NULL};

static const struct {
  const char *words[4];
  const char *value, *said; /* of families.flow */
} sets[] = {
  {{"--set", "hmc.steps=7"}, "-train_steps 5 -model_blocks 2", NULL},
  {{"--set", "families.flow.train.steps=9"}, "-model_blocks 2 -train_steps 9", NULL},
  {{"--set", "families.flow.model.blocks=3", "--set", "families.flow.train.batch=4"},
   "-train_steps 5 -model_blocks 3 -train_batch 4",
   NULL},
  {{"--set", "families.flow=-train_steps 1"}, "-train_steps 1", NULL},
  {{"--set", "hmc.stesp=7"}, NULL, "--set hmc.stesp: there is no such key, did you mean hmc.steps?"},
  {{"--set", "hmc.steps.more=7"}, NULL, "there is no such key"},
  {{"--set", "hmc.steps"}, NULL, "write --set section.key=value"},
  {{"--set"}, NULL, "write --set section.key=value"},
  {{"--set", "hmc.steps=x"}, NULL, "--set hmc.steps: hmc.steps: \"x\" is not an integer"},
  {{"--set", "hmc.steps=3", "--set", "hmc.steps=4"}, NULL, "hmc.steps: given twice on the command line"},
  {{"--set", "families.flow.train=9"}, NULL, "after families.flow come a section, a key and one word"},
  {{"--set", "families.flow.train.steps=9 9"}, NULL, "after families.flow come"},
  {{"--set", "families.flow..x=9"}, NULL, "after families.flow come"},
};

static void check_set(int i)
{
  static const char text[] = "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\nhmc: {steps: 7}\n"
                             "families: {flow: {train: {steps: 5}, model: {blocks: 2}}}\n";
  sq_deck *deck = NULL;
  int count = 0;
  while (count < 4 && sets[i].words[count]) count++;
  listen_begin();
  PetscErrorCode code = sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", text, more_tables, count, sets[i].words, &deck);
  listen_end();
  bool right = sets[i].said ? code == SQ_ERR_INPUT && (tap.rank || strstr(heard.text, sets[i].said)) :
                              !code && sq_deck_int(deck, "hmc", "steps") == 7 &&
                                !strcmp(sq_deck_text(deck, "families", "flow"), sets[i].value);
  if (!right) printf("# status %d, said %s\n", code, heard.text);
  tap_check(right, "%s %s", sets[i].words[0], sets[i].words[1] ? sets[i].words[1] : "");
  TAP_CALL(sq_deck_destroy(&deck));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (size_t i = 0; i < sizeof on_a_deck / sizeof *on_a_deck; i++) check_example(&on_a_deck[i]);
  check_files();
  check_operands();
  for (int i = 0; i < (int)(sizeof sets / sizeof *sets); i++) check_set(i);
  return tap_end();
}
