/* An accelerator for tests: a TensorFlow Lite external delegate that takes every FULLY_CONNECTED and
 * every MEAN in int8 and computes them itself, and that breaks when and how its options say:
 *
 *   mode   healthy, refuse (does not create), prepare, fail, hang, crash, wrong
 *   after  kernel runs that go well before it breaks
 *   once   a file: made when it breaks; while it exists the accelerator is healthy
 *   log    a file to which the options are written, as they were received, and the process's number
 *   device a file that stands for the stick: one process at a time has it open
 *
 * Only the beginnings of the runtime's structures are declared, which have been the same since
 * TensorFlow 2.5: see tensorflow/lite/core/c/common.h.
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { OK = 0, ERROR = 1, INT8 = 9, MEAN = 40, FULLY_CONNECTED = 9, INT32 = 2 };

typedef struct { int size; int data[]; } Ints;
typedef struct { int size; float data[]; } Numbers;
typedef struct { Numbers *scale; Ints *zero_point; int32_t dimension; } Affine;

typedef struct {
    int type;
    union { int8_t *int8; int32_t *int32; void *raw; } data;
    Ints *dims;
    struct { float scale; int32_t zero_point; } params;
    int allocation_type;
    size_t bytes;
    const void *allocation;
    const char *name;
    struct Delegate *delegate;
    int buffer_handle;
    bool data_is_stale, is_variable;
    struct { int type; Affine *params; } quantization;
    const void *sparsity;
    const Ints *dims_signature;
} Tensor;

typedef struct {
    Ints *inputs, *outputs, *intermediates, *temporaries;
    void *user_data, *builtin_data;
} Node;

typedef struct Context Context;

typedef struct {
    void *(*init)(Context *, const char *, size_t);
    void (*free)(Context *, void *);
    int (*prepare)(Context *, Node *);
    int (*invoke)(Context *, Node *);
    const char *(*profiling_string)(const Context *, const Node *);
    int32_t builtin_code;
    const char *custom_name;
    int version;
    void *rest[8]; /* zeros: newer runtimes have more fields, and look at them */
} Registration;

struct Context {
    size_t tensors_size;
    int (*GetExecutionPlan)(Context *, Ints **);
    Tensor *tensors;
    void *impl;
    int (*ResizeTensor)(Context *, void *, Ints *);
    void (*ReportError)(Context *, const char *, ...);
    int (*AddTensors)(Context *, int, int *);
    int (*GetNodeAndRegistration)(Context *, int, Node **, Registration **);
    int (*Replace)(Context *, Registration, const Ints *, struct Delegate *);
};

typedef struct Delegate {
    void *data;
    int (*Prepare)(Context *, struct Delegate *);
    void *copy_from, *copy_to, *free_handle;
    int64_t flags;
    void *opaque;
    void *rest[8];
} Delegate;

/* what a delegate kernel is given: TfLiteDelegateParams */
typedef struct {
    Delegate *delegate;
    Ints *nodes_to_replace, *input_tensors, *output_tensors;
} Params;

/* one node, as it stood in the graph */
typedef struct {
    bool dense;
    int activation;
    int input, weights, bias, output;
} Kernel;

static char mode[32] = "healthy", once[512] = "", logged[512] = "", device[512] = "";
static int opened = -1;
static long after = 0, runs = 0;
static Kernel kernels[256];
static int kernel_count = 0;

static bool breaks(void) {
    if (strcmp(mode, "healthy") == 0) return false;
    if (*once && access(once, F_OK) == 0) return false;
    return runs >= after;
}

static void broke(void) {
    if (!*once) return;
    FILE *file = fopen(once, "w");
    if (file) fclose(file);
}

static Tensor *tensor(Context *context, int place) {
    return context->tensors + place;
}

static int8_t stored(double value, const Tensor *like) {
    double steps = nearbyint(value / like->params.scale) + like->params.zero_point;
    return (int8_t)(steps < -128 ? -128 : steps > 127 ? 127 : steps);
}

static void run_dense(Context *context, const Kernel *kernel) {
    Tensor *in = tensor(context, kernel->input), *out = tensor(context, kernel->output);
    Tensor *weights = tensor(context, kernel->weights);
    Tensor *bias = kernel->bias < 0 ? NULL : tensor(context, kernel->bias);
    int outputs = weights->dims->data[0], inputs = weights->dims->data[1];
    const Numbers *scales = weights->quantization.params->scale;
    for (int o = 0; o < outputs; o++) {
        int64_t sum = bias ? bias->data.int32[o] : 0;
        for (int i = 0; i < inputs; i++)
            sum += (in->data.int8[i] - in->params.zero_point) * weights->data.int8[o * inputs + i];
        double real = sum * (double)in->params.scale * scales->data[scales->size > 1 ? o : 0];
        if (kernel->activation && real < 0) real = 0;
        out->data.int8[o] = stored(real, out);
    }
}

static void run_mean(Context *context, const Kernel *kernel) {
    Tensor *in = tensor(context, kernel->input), *out = tensor(context, kernel->output);
    int channels = in->dims->data[in->dims->size - 1], count = in->bytes / channels;
    for (int c = 0; c < channels; c++) {
        int64_t sum = 0;
        for (int i = 0; i < count; i++)
            sum += in->data.int8[i * channels + c] - in->params.zero_point;
        out->data.int8[c] = stored(sum * (double)in->params.scale / count, out);
    }
}

static void *kernel_init(Context *context, const char *buffer, size_t length) {
    const Params *params = (const Params *)buffer;
    int output = params->output_tensors->data[0];
    for (int k = 0; k < kernel_count; k++)
        if (kernels[k].output == output) {
            Kernel *own = malloc(sizeof *own);
            *own = kernels[k];
            return own;
        }
    return NULL;
}

static void kernel_free(Context *context, void *own) { free(own); }

static int kernel_prepare(Context *context, Node *node) { return node->user_data ? OK : ERROR; }

static int kernel_invoke(Context *context, Node *node) {
    const Kernel *kernel = node->user_data;
    bool broken = breaks();
    runs++;
    if (broken) broke();
    if (broken && strcmp(mode, "fail") == 0) return ERROR;
    if (broken && strcmp(mode, "hang") == 0) for (;;) pause();
    if (broken && strcmp(mode, "crash") == 0) raise(SIGSEGV);
    if (kernel->dense) run_dense(context, kernel); else run_mean(context, kernel);
    if (broken && strcmp(mode, "wrong") == 0) {
        Tensor *out = tensor(context, kernel->output);
        for (size_t i = 0; i < out->bytes; i++) out->data.int8[i] = (int8_t)(i * 37);
    }
    return OK;
}

static int prepare(Context *context, Delegate *delegate) {
    if (strcmp(mode, "prepare") == 0 && breaks()) {
        broke();
        context->ReportError(context, "the accelerator does not take this graph");
        return ERROR;
    }
    Ints *plan;
    if (context->GetExecutionPlan(context, &plan) != OK) return ERROR;
    kernel_count = 0;
    int wanted[256], count = 0;
    for (int n = 0; n < plan->size && count < 255; n++) {
        Node *node;
        Registration *registration;
        if (context->GetNodeAndRegistration(context, plan->data[n], &node, &registration) != OK)
            return ERROR;
        bool dense = registration->builtin_code == FULLY_CONNECTED;
        if (!dense && registration->builtin_code != MEAN) continue;
        Tensor *in = tensor(context, node->inputs->data[0]);
        if (in->type != INT8) continue;
        kernels[kernel_count++] = (Kernel){
            .dense = dense,
            .activation = dense ? *(int *)node->builtin_data : 0,
            .input = node->inputs->data[0],
            .weights = node->inputs->data[1],
            .bias = node->inputs->size > 2 ? node->inputs->data[2] : -1,
            .output = node->outputs->data[0],
        };
        wanted[count++] = plan->data[n];
    }
    Registration ours = {
        .init = kernel_init, .free = kernel_free, .prepare = kernel_prepare,
        .invoke = kernel_invoke, .custom_name = "TestAccelerator", .version = 1,
    };
    for (int n = 0; n < count; n++) { /* one by one: each node is a kernel of its own */
        Ints *one = malloc(sizeof(Ints) + sizeof(int));
        one->size = 1;
        one->data[0] = wanted[n];
        int status = context->Replace(context, ours, one, delegate);
        free(one);
        if (status != OK) return ERROR;
    }
    return OK;
}

Delegate *tflite_plugin_create_delegate(
    char **keys, char **values, size_t count, void (*report)(const char *)) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i], "mode") == 0) snprintf(mode, sizeof mode, "%s", values[i]);
        if (strcmp(keys[i], "after") == 0) after = atol(values[i]);
        if (strcmp(keys[i], "once") == 0) snprintf(once, sizeof once, "%s", values[i]);
        if (strcmp(keys[i], "log") == 0) snprintf(logged, sizeof logged, "%s", values[i]);
        if (strcmp(keys[i], "device") == 0) snprintf(device, sizeof device, "%s", values[i]);
    }
    if (*logged) {
        FILE *file = fopen(logged, "w");
        for (size_t i = 0; file && i < count; i++) fprintf(file, "%s=%s\n", keys[i], values[i]);
        if (file) fprintf(file, "pid=%d\n", getpid());
        if (file) fclose(file);
    }
    if (*device && opened < 0) {
        opened = open(device, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
            close(opened);
            opened = -1;
            if (report) report("the accelerator is in use");
            return NULL;
        }
    }
    if (strcmp(mode, "refuse") == 0 && breaks()) {
        broke();
        if (report) report("no accelerator is plugged in");
        return NULL;
    }
    Delegate *made = calloc(1, sizeof *made);
    made->Prepare = prepare;
    return made;
}

void tflite_plugin_destroy_delegate(Delegate *delegate) { free(delegate); }
