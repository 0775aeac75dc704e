/* What callback_batches.c, where batches are opened, and batch.c, where they run, both know. */

#ifndef BATCH_H
#define BATCH_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* One callback, as `Guard` and `ReadyCallback` keep it. */
typedef struct {
    PyObject *callback;
    PyObject *arguments; /* a tuple: the positional ones, then the values of `keywords`; or NULL */
    PyObject *keywords;  /* a tuple of names; or NULL */
    PyObject *context;   /* a copy of the one that it was added in */
} Call;

static const Call NO_CALL = {NULL, NULL, NULL, NULL};

typedef struct Batches Batches;

/* Called by the loop, once, in a handle of its own. */
typedef struct {
    PyObject_HEAD
    Batches *batches;
    Call *calls;
    Py_ssize_t next;  /* the first that has not begun */
    Py_ssize_t count;
    Py_ssize_t capacity;
} Batch;

struct Batches {
    PyObject_HEAD
    PyTypeObject *batch_type;
    PyObject *ready;       /* the loop's queue of handles, a deque */
    PyObject *call_soon;
    PyObject *context_keyword; /* ("context",) */
    PyObject *get_debug;
    PyObject *one_by_one;  /* does the same as `add`, wherever a batch cannot */
    PyObject *report;      /* report(callback, error), while the error is being handled */
    PyObject *watch;       /* watch(result) of anything but None */
    /* The batch that was opened last, until it begins or is dropped; or NULL. Neither it nor its
       handle is owned: callbacks that a closed loop drops are not to live on by this. */
    Batch *open;
    PyObject *open_handle;
    Py_ssize_t open_length; /* of `ready`, with the handle of `open` in it */
    unsigned long thread_id;
};

static inline void
drop_call(Call *call)
{
    Py_CLEAR(call->callback);
    Py_CLEAR(call->arguments);
    Py_CLEAR(call->keywords);
    Py_CLEAR(call->context);
}

extern PyType_Spec batch_spec;

/* Make a callback the last of a batch, whose it is from then on. 1, or -1 with an error. */
int batch_put(Batch *batch, Call *call);

/* Drop what has not begun, and let nothing join any more. */
int batch_clear(Batch *batch);

#endif
