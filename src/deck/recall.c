/* SPDX-License-Identifier: BSD-3-Clause */
/* What an earlier echo of a deck notes as chosen by squall. */
#include "src/deck/internal.h"
#include <string.h>

/* A line of an echo, "  steps: auto  # chosen by squall: 4": its key, what was chosen; false: another one. */
static bool note_in(const char *line, char key[SQ_DECK_SHORT], char chosen[SQ_DECK_SHORT])
{
  static const char mark[] = "chosen by squall: ";
  char text[256];
  snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
  const char *found = strstr(text, mark);
  return found && sscanf(text, "  %63[a-z_]: auto  #", key) == 1 &&
         sscanf(found + sizeof mark - 1, "%63[-+.a-z0-9]", chosen) == 1;
}

PetscErrorCode sq_deck_recall(sq_deck *deck, const char *echo, const char *const *always)
{
  PetscFunctionBeginUser;
  enum { MOST = 8 };
  char section[SQ_DECK_SHORT] = "", key[SQ_DECK_SHORT], chosen[SQ_DECK_SHORT];
  bool same = false;
  for (const char *line = echo; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (sscanf(line, "%63[a-z_]:", section) == 1 && *line != ' ') {
      const char *sections[MOST] = {section};
      sq_deck_difference d;
      for (int i = 0; always[i] && i + 2 < MOST; i++) sections[1 + i] = always[i];
      same = sq_deck_find_section(deck, section) != NULL;
      if (same) PetscCall(sq_deck_compare(deck, echo, sections, &d));
      same = same && (!d.key[0] || d.amount);
    }
    if (!same || !note_in(line, key, chosen)) continue;
    const sq_deck_entry *entry = sq_deck_find(deck, section, key);
    if (entry && !entry->note) PetscCall(sq_deck_note(deck, section, key, chosen));
  }
  PetscFunctionReturn(0);
}
