/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays files through a fuzz target, one after the other, and says how many: the corpus of the tests. */
#include "tests/fuzz/fuzz.h"

/* Mutators are libFuzzer's business. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
  (void)data, (void)room;
  return size;
}

static int play(const char *name)
{
  uint8_t *data = NULL;
  long size = -1;
  FILE *file = fopen(name, "rb");
  if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0) {
    fprintf(stderr, "%s cannot be read\n", name);
    return 1;
  }
  rewind(file);
  data = malloc((size_t)size + 1);
  if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) return 1;
  fclose(file);
  fprintf(stderr, "%s\n", name); /* the last one named is the one that failed */
  LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
  return 0;
}

int main(int argc, char **argv)
{
  LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; i++)
    if (play(argv[i])) return 1;
  printf("%d inputs played\n", argc - 1);
  return 0;
}
