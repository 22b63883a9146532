/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of the arrays of a file: which one may have been meant, and their order. */
#include "src/arrays/internal.h"
#include <ctype.h>
#include <string.h>

void sq_array_names_add(sq_array_names *names, const char *name, const char *about)
{
  const size_t used = strlen(names->list);
  if (names->count++ < SQ_ARRAY_LIST && used < sizeof names->list)
    snprintf(names->list + used, sizeof names->list - used, "%s%.100s (%s)", used ? "; " : "", name, about);
  if (!names->nearest.word) names->nearest = sq_nearest_begin(names->wanted);
  sq_nearest_offer(&names->nearest, name);
}

bool sq_array_names_fail(const sq_array_names *names, const char *what, sq_array_failure *failure)
{
  char more[64] = "";
  if (names->count > SQ_ARRAY_LIST)
    snprintf(more, sizeof more, "; and %lld more", (long long)(names->count - SQ_ARRAY_LIST));
  if (!names->count) return sq_array_fail(failure, SQ_ERR_INPUT, "has no %s of numbers", what);
  if (names->wanted[0] && names->nearest.name[0])
    return sq_array_fail(failure, SQ_ERR_INPUT, "has no %s %s: did you mean %s? It has %s%s", what, names->wanted,
                         names->nearest.name, names->list, more);
  if (names->wanted[0])
    return sq_array_fail(failure, SQ_ERR_INPUT, "has no %s %s; it has %s%s", what, names->wanted, names->list, more);
  return sq_array_fail(failure, SQ_ERR_INPUT, "has several %ss: say which (FILE:NAME, or dataset: NAME): %s%s", what,
                       names->list, more);
}

int sq_array_names_order(const char *a, const char *b)
{
  while (*a && *b) {
    if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
      a += strspn(a, "0"), b += strspn(b, "0");
      const size_t n = strspn(a, "0123456789"), m = strspn(b, "0123456789");
      if (n != m) return n < m ? -1 : 1;
      const int order = strncmp(a, b, n);
      if (order) return order;
      a += n, b += m;
    } else {
      if (*a != *b) return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
      a++, b++;
    }
  }
  return *a ? 1 : *b ? -1 : 0;
}
