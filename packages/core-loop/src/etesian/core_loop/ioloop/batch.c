/* A batch: the callbacks that one handle of the loop runs, and how they are run. */

#include "batch.h"

/* Callbacks for which a batch has room at first: most hold one, and no allocation of up to 512
   bytes leaves Python's own allocator. */
#define FIRST_CAPACITY 4

/* ---- Filling ---- */

static int
reserve(Batch *batch)
{
    if (batch->count < batch->capacity) {
        return 0;
    }
    Py_ssize_t capacity = batch->capacity == 0 ? FIRST_CAPACITY : 2 * batch->capacity;
    Call *calls = PyMem_Realloc(batch->calls, (size_t)capacity * sizeof(Call));
    if (calls == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    batch->calls = calls;
    batch->capacity = capacity;
    return 0;
}

int
batch_put(Batch *batch, Call *call)
{
    if (reserve(batch) < 0) {
        return -1;
    }
    batch->calls[batch->count++] = *call;
    *call = NO_CALL;
    return 1;
}

/* ---- Running ---- */

/* Go back to the error that was being handled, or NULL. Where that is the error of a caller, as
   in a generator that runs the loop, it is not to become one of the generator's own. */
static void
handle_again(PyObject *handled_before)
{
    PyErr_SetHandledException(NULL);
    PyObject *of_callers = PyErr_GetHandledException();
    if (of_callers != handled_before) {
        PyErr_SetHandledException(handled_before);
    }
    Py_XDECREF(of_callers);
}

/* Pass on the error that is set, while it is being handled: `sys.exc_info` has it. As below, -1
   with an error set where that is for the loop: an interrupt. */
static int
report_error(Batches *batches, PyObject *callback)
{
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)
        || PyErr_ExceptionMatches(PyExc_SystemExit)) {
        return -1;
    }
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *error = PyErr_GetRaisedException();
#else
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(error, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
#endif
    PyObject *handled_before = PyErr_GetHandledException();
    PyErr_SetHandledException(error);
    PyObject *reported = PyObject_CallFunctionObjArgs(batches->report, callback, error, NULL);
    handle_again(handled_before);
    Py_XDECREF(handled_before);
    Py_DECREF(error);
    Py_XDECREF(reported);
    return reported == NULL ? -1 : 0;
}

/* Run one callback, whose context has been entered, as `Guard.run_with` does. */
static int
run_in_context(Batches *batches, Call *call)
{
    PyObject *const *arguments = NULL;
    Py_ssize_t positional = 0;
    if (call->arguments != NULL) {
        arguments = ((PyTupleObject *)call->arguments)->ob_item;
        positional = PyTuple_GET_SIZE(call->arguments);
        if (call->keywords != NULL) {
            positional -= PyTuple_GET_SIZE(call->keywords);
        }
    }
    PyObject *result = PyObject_Vectorcall(call->callback, arguments, positional, call->keywords);
    if (result == NULL) {
        return report_error(batches, call->callback);
    }
    int outcome = 0;
    if (result != Py_None) {
        PyObject *watched = PyObject_CallOneArg(batches->watch, result);
        Py_XDECREF(watched);
        outcome = watched == NULL ? -1 : 0;
    }
    Py_DECREF(result);
    return outcome;
}

static int
run_call(Batches *batches, Call *call)
{
    if (PyContext_Enter(call->context) < 0) {
        return -1;
    }
    int outcome = run_in_context(batches, call);
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    if (PyContext_Exit(call->context) < 0) {
        outcome = -1;
    }
    if (type != NULL) {
        PyErr_Restore(type, error, traceback);
    }
    return outcome;
}

/* Nothing joins the batch any more. */
static void
close_batch(Batch *batch)
{
    if (batch->batches != NULL && batch->batches->open == batch) {
        batch->batches->open = NULL;
    }
}

/* Move a handle to the head of the queue. It was the last, but another thread or the garbage
   collector may have added others since. `remove` of the queue would call what compares them. */
static int
move_to_head(PyObject *ready, PyObject *handle)
{
    PyObject *append_left = PyObject_GetAttrString(ready, "appendleft");
    if (append_left == NULL) {
        return -1;
    }
    int outcome = 0;
    for (Py_ssize_t at = PySequence_Size(ready) - 1; at >= 0; at--) {
        PyObject *found = PySequence_GetItem(ready, at);
        Py_XDECREF(found);
        if (found == handle) {
            PyObject *moved = PySequence_DelItem(ready, at) < 0 ? NULL
                : PyObject_CallOneArg(append_left, handle);
            Py_XDECREF(moved);
            outcome = moved == NULL ? -1 : 0;
            break;
        }
    }
    Py_DECREF(append_left);
    return outcome;
}

/* The error of a callback goes to the loop. The callbacks behind it keep their place: as the
   handles that each would have had, they stay at the head of the queue. */
static void
leave_the_rest(Batch *batch)
{
    if (batch->next == batch->count) {
        return;
    }
    Batches *batches = batch->batches;
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *handle = PyObject_CallOneArg(batches->call_soon, (PyObject *)batch);
    if (handle == NULL || move_to_head(batches->ready, handle) < 0) {
        PyErr_WriteUnraisable((PyObject *)batch);
    }
    Py_XDECREF(handle);
    /* Once that one has begun, the queue is again as long as it was. */
    batches->open = NULL;
    PyErr_Restore(type, error, traceback);
}

static PyObject *
batch_call(Batch *batch, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Batches *batches = batch->batches;
    if (batches == NULL || batches->one_by_one == NULL) {
        Py_RETURN_NONE; /* the garbage collector has been here: there is no loop any more */
    }
    close_batch(batch);
    while (batch->next < batch->count) {
        Call call = batch->calls[batch->next++];
        /* The loop has entered the context of the first: see `open_batch`. */
        int outcome = batch->next == 1 ? run_in_context(batches, &call) : run_call(batches, &call);
        drop_call(&call);
        if (outcome < 0) {
            leave_the_rest(batch);
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
batch_repr(Batch *batch)
{
    return PyUnicode_FromFormat("<%zd callbacks>", batch->count);
}

static int
batch_traverse(Batch *batch, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(batch));
    Py_VISIT(batch->batches);
    for (Py_ssize_t at = batch->next; at < batch->count; at++) {
        Py_VISIT(batch->calls[at].callback);
        Py_VISIT(batch->calls[at].arguments);
        Py_VISIT(batch->calls[at].context);
    }
    return 0;
}

int
batch_clear(Batch *batch)
{
    close_batch(batch);
    while (batch->next < batch->count) {
        drop_call(&batch->calls[batch->next++]);
    }
    Py_CLEAR(batch->batches);
    return 0;
}

static void
batch_dealloc(Batch *batch)
{
    PyTypeObject *type = Py_TYPE(batch);
    PyObject_GC_UnTrack(batch);
    batch_clear(batch);
    PyMem_Free(batch->calls);
    type->tp_free(batch);
    Py_DECREF(type);
}

static PyType_Slot batch_slots[] = {
    {Py_tp_doc, "Callbacks that run in one handle of a loop."},
    {Py_tp_call, batch_call},
    {Py_tp_repr, batch_repr},
    {Py_tp_traverse, batch_traverse},
    {Py_tp_clear, batch_clear},
    {Py_tp_dealloc, batch_dealloc},
    {0, NULL},
};

PyType_Spec batch_spec = {
    .name = "etesian.core_loop.ioloop.callback_batches.Batch",
    .basicsize = sizeof(Batch),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = batch_slots,
};
