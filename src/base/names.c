/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of rows that have names: the one search through them. */
#include "squall/base.h"
#include <string.h>

int sq_find_name(sq_names names, const char *name)
{
  int index = 0;
  while (names(index) && strcmp(names(index), name)) index++;
  return index;
}

const char *sq_name_list(int count, const char *const *names, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%s", names[i],
                             i + 2 < count ? ", " :
                             i + 1 < count ? " or " :
                                             "");
  return text;
}
