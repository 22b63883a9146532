/* SPDX-License-Identifier: BSD-3-Clause */
/* Dense layers on a batch of vectors, through BLAS, and the features of a noise level. */
#include "squall/nn.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

void sq_nn_features(double t, float feature[SQ_NN_WAVES])
{
  for (int k = 0; k < SQ_NN_WAVES; k++) feature[k] = (float)cos(M_PI * k * t);
}

void sq_nn_dense(int count, int inputs, int outputs, const float *in, const float *w, const float *b, float *out)
{
  for (int i = 0; i < count; i++) memcpy(out + (int64_t)i * outputs, b, (size_t)outputs * sizeof *out);
  if (count == 1) cblas_sgemv(CblasRowMajor, CblasNoTrans, outputs, inputs, 1, w, inputs, in, 1, 1, out, 1);
  else
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, outputs, inputs, 1, in, inputs, w, inputs, 1, out,
                outputs);
}

/* dw += dout^T in, db += the sum of dout. */
static void weights_backward(int count, int inputs, int outputs, const float *in, const float *dout, float *dw,
                             float *db)
{
  for (int i = 0; i < count; i++) cblas_saxpy(outputs, 1, dout + (int64_t)i * outputs, 1, db, 1);
  if (count == 1) cblas_sger(CblasRowMajor, outputs, inputs, 1, dout, 1, in, 1, dw, inputs);
  else
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, outputs, inputs, count, 1, dout, outputs, in, inputs, 1, dw,
                inputs);
}

void sq_nn_dense_backward(int count, int inputs, int outputs, const float *in, const float *w, const float *dout,
                          float *dw, float *db, float *din)
{
  if (dw) weights_backward(count, inputs, outputs, in, dout, dw, db);
  if (!din) return;
  if (count == 1) cblas_sgemv(CblasRowMajor, CblasTrans, outputs, inputs, 1, w, inputs, dout, 1, 0, din, 1);
  else
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, inputs, outputs, 1, dout, outputs, w, inputs, 0, din,
                inputs);
}

void sq_nn_silu(int64_t count, const float *in, float *out)
{
  for (int64_t i = 0; i < count; i++) out[i] = in[i] / (1 + expf(-in[i]));
}

void sq_nn_silu_backward(int64_t count, const float *in, const float *dout, float *din)
{
  for (int64_t i = 0; i < count; i++) {
    float gate = 1 / (1 + expf(-in[i]));
    din[i] = dout[i] * (gate * (1 + in[i] * (1 - gate)));
  }
}
