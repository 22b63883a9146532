/* Tables of rows that have names: the one search through them. */
#include "squall/base.h"
#include <string.h>

int sq_find_name(sq_names names, const char *name)
{
  int index = 0;
  while (names(index) && strcmp(names(index), name)) index++;
  return index;
}
