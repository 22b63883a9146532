/* SPDX-License-Identifier: BSD-3-Clause */
/* What oneDNN makes of squall's convolutions: 3x3 on padded inputs, blocked layout, one thread; CSV like `squall bench
 * layers`. Build: make tests/bench/onednn (Debian: libdnnl-dev). Written for the C API of version 2; run with
 * OMP_NUM_THREADS=1. */
#include <cblas.h>
#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if DNNL_VERSION_MAJOR != 2
#error "this comparison is written for oneDNN 2"
#endif

#define CALL(f)                                                                                                        \
  do {                                                                                                                 \
    if ((f) != dnnl_success) {                                                                                         \
      fprintf(stderr, "oneDNN: %s failed\n", #f);                                                                      \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

enum { GEMM = 768, ROUNDS = 7 };

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double sgemm_rate(void)
{
  float *a = calloc(3 * GEMM * GEMM, sizeof *a), best = 1e9f;
  for (int i = 0; i < 2 * GEMM * GEMM; i++) a[i] = 1;
  for (int round = 0; round < 40; round++) {
    double began = now();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, GEMM, GEMM, GEMM, 1, a, GEMM, a + GEMM * GEMM, GEMM, 0,
                a + 2 * GEMM * GEMM, GEMM);
    float seconds = (float)(now() - began);
    if (seconds < best) best = seconds;
  }
  free(a);
  return 2. * GEMM * GEMM * GEMM / (double)best;
}

static dnnl_memory_t memory_of(const dnnl_memory_desc_t *desc, dnnl_engine_t engine)
{
  dnnl_memory_t memory;
  void *data;
  CALL(dnnl_memory_create(&memory, desc, engine, DNNL_MEMORY_ALLOCATE));
  CALL(dnnl_memory_get_data_handle(memory, &data));
  memset(data, 0, dnnl_memory_desc_get_size(desc));
  return memory;
}

static const dnnl_memory_desc_t *wanted(const_dnnl_primitive_desc_t desc, dnnl_query_t what)
{
  return dnnl_primitive_desc_query_md(desc, what, 0);
}

static void time_primitive(const char *part, dnnl_primitive_desc_t desc, const dnnl_exec_arg_t *args, int count,
                           dnnl_stream_t stream, int channels, int batch, int extent, double peak)
{
  dnnl_primitive_t primitive;
  const char *name;
  double best = 1e9, flops = 18. * channels * channels * batch * extent * extent;
  CALL(dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name));
  CALL(dnnl_primitive_create(&primitive, desc));
  for (int round = 0; round < ROUNDS; round++) {
    int calls = 0;
    double began = now();
    do {
      CALL(dnnl_primitive_execute(primitive, stream, count, args));
      CALL(dnnl_stream_wait(stream));
      calls++;
    } while (now() - began < 0.1);
    double seconds = (now() - began) / calls;
    if (seconds < best) best = seconds;
  }
  printf("onednn,\"%s %s %d channels %dx %dx%d\",1,%.4g,%.4g,Gflop/s,%.3f\n", name, part, channels, batch, extent,
         extent, best, flops / best / 1e9, flops / best / peak);
  CALL(dnnl_primitive_destroy(primitive));
}

static void measure(dnnl_engine_t engine, dnnl_stream_t stream, int channels, int batch, int extent, double peak)
{
  dnnl_dims_t in_dims = {batch, channels, extent + 2, extent + 2}, out_dims = {batch, channels, extent, extent},
              weight_dims = {channels, channels, 3, 3};
  dnnl_dims_t stride = {1, 1}, none = {0, 0};
  dnnl_memory_desc_t in, out, weight;
  dnnl_convolution_desc_t forward, data, weights;
  dnnl_primitive_desc_t f, d, w;
  CALL(dnnl_memory_desc_init_by_tag(&in, 4, in_dims, dnnl_f32, dnnl_format_tag_any));
  CALL(dnnl_memory_desc_init_by_tag(&out, 4, out_dims, dnnl_f32, dnnl_format_tag_any));
  CALL(dnnl_memory_desc_init_by_tag(&weight, 4, weight_dims, dnnl_f32, dnnl_format_tag_any));
  CALL(dnnl_convolution_forward_desc_init(&forward, dnnl_forward_training, dnnl_convolution_direct, &in, &weight, NULL,
                                          &out, stride, none, none));
  CALL(dnnl_primitive_desc_create(&f, &forward, NULL, engine, NULL));
  dnnl_memory_t x = memory_of(wanted(f, dnnl_query_src_md), engine),
                k = memory_of(wanted(f, dnnl_query_weights_md), engine),
                y = memory_of(wanted(f, dnnl_query_dst_md), engine);
  time_primitive("forward", f, (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, k}, {DNNL_ARG_DST, y}}, 3,
                 stream, channels, batch, extent, peak);
  CALL(
    dnnl_convolution_backward_data_desc_init(&data, dnnl_convolution_direct, &in, &weight, &out, stride, none, none));
  CALL(dnnl_primitive_desc_create(&d, &data, NULL, engine, f));
  dnnl_memory_t dx = memory_of(wanted(d, dnnl_query_diff_src_md), engine),
                kd = memory_of(wanted(d, dnnl_query_weights_md), engine),
                dy = memory_of(wanted(d, dnnl_query_diff_dst_md), engine);
  time_primitive("input gradient", d,
                 (dnnl_exec_arg_t[]){{DNNL_ARG_DIFF_SRC, dx}, {DNNL_ARG_WEIGHTS, kd}, {DNNL_ARG_DIFF_DST, dy}}, 3,
                 stream, channels, batch, extent, peak);
  CALL(dnnl_convolution_backward_weights_desc_init(&weights, dnnl_convolution_direct, &in, &weight, NULL, &out, stride,
                                                   none, none));
  CALL(dnnl_primitive_desc_create(&w, &weights, NULL, engine, f));
  dnnl_memory_t xw = memory_of(wanted(w, dnnl_query_src_md), engine),
                dk = memory_of(wanted(w, dnnl_query_diff_weights_md), engine),
                dw = memory_of(wanted(w, dnnl_query_diff_dst_md), engine);
  time_primitive("weight gradient", w,
                 (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, xw}, {DNNL_ARG_DIFF_WEIGHTS, dk}, {DNNL_ARG_DIFF_DST, dw}}, 3,
                 stream, channels, batch, extent, peak);
  dnnl_memory_t all[] = {x, k, y, dx, kd, dy, xw, dk, dw};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) CALL(dnnl_memory_destroy(all[i]));
  CALL(dnnl_primitive_desc_destroy(f));
  CALL(dnnl_primitive_desc_destroy(d));
  CALL(dnnl_primitive_desc_destroy(w));
}

int main(void)
{
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  double peak = sgemm_rate();
  CALL(dnnl_engine_create(&engine, dnnl_cpu, 0));
  CALL(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  printf("part,what,ranks,seconds,rate,unit,share\nmachine,\"sgemm\",1,,%.4g,Gflop/s,\n", peak / 1e9);
  for (int channels = 32; channels <= 128; channels *= 2) {
    measure(engine, stream, channels, 64, 32, peak);
    measure(engine, stream, channels, 1, 256, peak);
  }
  CALL(dnnl_stream_destroy(stream));
  CALL(dnnl_engine_destroy(engine));
  return 0;
}
