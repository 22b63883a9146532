/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target: the reader of decks, with all parameters of the program. What it accepts, it echoes; the echo must read
 * back to the same deck. */
#include "src/run/stage.h"
#include "tests/fuzz/fuzz.h"
#include <string.h>

static const sq_param *tables[SQ_DECK_TABLES];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  fuzz_begin();
  sq_deck_tables(tables);
  return 0;
}

/* The effective deck again as text, and read back. */
static void echo(const sq_deck *deck)
{
  sq_deck *again;
  char *text, *other;
  FUZZ_REQUIRE(!sq_deck_text_of(deck, NULL, true, &text));
  FUZZ_REQUIRE(!sq_deck_parse(PETSC_COMM_SELF, "echo", text, tables, 0, NULL, &again));
  FUZZ_REQUIRE(sq_deck_fingerprint(deck, NULL) == sq_deck_fingerprint(again, NULL));
  FUZZ_REQUIRE(!sq_deck_text_of(again, NULL, false, &other));
  sq_free(&text);
  FUZZ_REQUIRE(!sq_deck_text_of(deck, NULL, false, &text));
  FUZZ_REQUIRE(!strcmp(text, other));
  sq_free(&text);
  sq_free(&other);
  sq_deck_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  sq_deck *deck = NULL;
  char *text;
  fuzz_input_begin(size);
  if (sq_alloc(size + 1, &text)) abort();
  memcpy(text, data, size);
  PetscErrorCode code = sq_deck_parse(PETSC_COMM_SELF, "deck", text, tables, 0, NULL, &deck);
  FUZZ_REQUIRE(code == 0 || code == SQ_ERR_INPUT);
  if (!code) echo(deck);
  sq_deck_destroy(&deck);
  sq_free(&text);
  fuzz_input_end();
  return 0;
}
