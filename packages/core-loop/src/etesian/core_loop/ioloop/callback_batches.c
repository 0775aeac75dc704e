/* Callbacks of an event loop, of which one handle of the loop runs many.

   `CallbackBatches.add` does what `Scheduler.add_callback` says, which is its readable twin;
   tests hold the two together. It exists because `call_soon` of uvloop is compiled: two calls of
   Python functions for each callback cost more than all that uvloop does for it.

   Order and iteration are those of one `call_soon` for each callback. A callback joins the batch
   that was opened last only while the handle of that batch is the last in the loop's queue, so
   that nothing could have come between, and while the queue is as long as when it was opened, so
   that the loop has begun no handle since, and no iteration. Otherwise it opens a batch of its
   own. All this happens with the lock of the interpreter held, and without a call that could
   give it away between the look and the deed. */

#include "batch.h"

/* No thread has this identifier. */
#define NO_THREAD ((unsigned long)-1)

/* Keep what a callback is called with. Allocating may run the garbage collector, and that may
   add callbacks: so this comes before any look at the queue. */
static int
keep_call(Call *call, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    Py_ssize_t all = count - 1 + (keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords));
    *call = NO_CALL;
    if (all > 0) {
        call->arguments = PyTuple_New(all);
        if (call->arguments == NULL) {
            return -1;
        }
        for (Py_ssize_t at = 0; at < all; at++) {
            PyTuple_SET_ITEM(call->arguments, at, Py_NewRef(args[at + 1]));
        }
    }
    call->context = PyContext_CopyCurrent();
    if (call->context == NULL) {
        Py_CLEAR(call->arguments);
        return -1;
    }
    call->keywords = Py_XNewRef(keywords);
    call->callback = Py_NewRef(args[0]);
    return 0;
}

/* The batch that a callback may join, borrowed; NULL, without an error, where there is none. */
static Batch *
joinable(Batches *batches)
{
    if (batches->open == NULL || PySequence_Size(batches->ready) != batches->open_length) {
        return NULL;
    }
    PyObject *last = PySequence_GetItem(batches->ready, batches->open_length - 1);
    if (last == NULL) {
        PyErr_Clear();
        return NULL;
    }
    Py_DECREF(last);
    return last == batches->open_handle ? batches->open : NULL;
}

static int
in_debug_mode(Batches *batches)
{
    PyObject *answer = PyObject_CallNoArgs(batches->get_debug);
    int debug = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(answer);
    return debug;
}

/* Give the loop a handle for a new batch of one callback, which it runs in the context of that:
   this spares most batches a second copy. 1, or -1 with an error. The callback is in it before
   the loop has it, because a loop that was taken to another thread may run it at once. */
static int
open_batch(Batches *batches, Call *call)
{
    Batch *batch = PyObject_GC_New(Batch, batches->batch_type);
    if (batch == NULL) {
        return -1;
    }
    batch->batches = (Batches *)Py_NewRef(batches);
    batch->calls = NULL;
    batch->next = batch->count = batch->capacity = 0;
    PyObject_GC_Track(batch);
    PyObject *context = Py_NewRef(call->context);
    PyObject *arguments[] = {NULL, (PyObject *)batch, context}; /* a bound method wants the first */
    PyObject *handle = batch_put(batch, call) < 0 ? NULL
        : PyObject_Vectorcall(batches->call_soon, arguments + 1,
                              1 | PY_VECTORCALL_ARGUMENTS_OFFSET, batches->context_keyword);
    Py_DECREF(context);
    if (handle == NULL) {
        batch_clear(batch); /* should the loop have it in spite of the error */
        Py_DECREF(batch);
        return -1;
    }
    /* Others may have come behind it by now: then it is not the last, and is not joined. */
    batches->open = batch;
    batches->open_handle = handle;
    batches->open_length = PySequence_Size(batches->ready);
    Py_DECREF(handle);
    Py_DECREF(batch);
    return 1;
}

/* 1 where the callback has its place, 0 where it cannot have one here, -1 with an error. */
static int
add_to_batch(Batches *batches, Call *call)
{
    Batch *batch = joinable(batches);
    if (batch != NULL) {
        return batch_put(batch, call);
    }
    int debug = in_debug_mode(batches);
    if (debug != 0) {
        return debug < 0 ? -1 : 0;
    }
    if (open_batch(batches, call) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_RuntimeError)) {
            return -1;
        }
        PyErr_Clear(); /* a closed loop; the twin knows what to do with it */
        return 0;
    }
    return 1;
}

PyDoc_STRVAR(add_doc,
"add(callback, /, *args, **kwargs)\n--\n\n"
"Run `callback` on a later iteration of the loop, in the order of these calls.\n\n"
"As `IOLoop.add_callback` says, in whose place this stands.");

static PyObject *
batches_add(Batches *batches, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    if (batches->one_by_one == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "CallbackBatches was not initialized, or is gone");
        return NULL;
    }
    if (count > 0 && PyThread_get_thread_ident() == batches->thread_id) {
        Call call;
        if (keep_call(&call, args, count, keywords) < 0) {
            return NULL;
        }
        int outcome = add_to_batch(batches, &call);
        if (outcome > 0) {
            Py_RETURN_NONE;
        }
        drop_call(&call);
        if (outcome < 0) {
            return NULL;
        }
    }
    return PyObject_Vectorcall(batches->one_by_one, args, count, keywords);
}

static PyObject *
batches_get_thread_id(Batches *batches, void *Py_UNUSED(closure))
{
    if (batches->thread_id == NO_THREAD) {
        Py_RETURN_NONE;
    }
    return PyLong_FromUnsignedLong(batches->thread_id);
}

static int
batches_set_thread_id(Batches *batches, PyObject *value, void *Py_UNUSED(closure))
{
    unsigned long identifier = NO_THREAD;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "thread_id cannot be deleted");
        return -1;
    }
    if (value != Py_None) {
        identifier = PyLong_AsUnsignedLong(value);
        if (identifier == NO_THREAD && PyErr_Occurred()) {
            return -1;
        }
    }
    batches->thread_id = identifier;
    return 0;
}

static int
batches_init(Batches *batches, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {
        "ready", "call_soon", "get_debug", "one_by_one", "report", "watch", NULL
    };
    PyObject *ready, *call_soon, *get_debug, *one_by_one, *report, *watch;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$OOOOOO:CallbackBatches", names, &ready,
                                     &call_soon, &get_debug, &one_by_one, &report, &watch)) {
        return -1;
    }
    PyObject *module = PyType_GetModule(Py_TYPE(batches));
    if (module == NULL) {
        return -1;
    }
    Py_XSETREF(batches->batch_type, *(PyTypeObject **)PyModule_GetState(module));
    Py_INCREF(batches->batch_type);
    PyObject *keyword = PyUnicode_InternFromString("context");
    Py_XSETREF(batches->context_keyword, keyword == NULL ? NULL : PyTuple_Pack(1, keyword));
    Py_XDECREF(keyword);
    if (batches->context_keyword == NULL) {
        return -1;
    }
    Py_XSETREF(batches->ready, Py_NewRef(ready));
    Py_XSETREF(batches->call_soon, Py_NewRef(call_soon));
    Py_XSETREF(batches->get_debug, Py_NewRef(get_debug));
    Py_XSETREF(batches->one_by_one, Py_NewRef(one_by_one));
    Py_XSETREF(batches->report, Py_NewRef(report));
    Py_XSETREF(batches->watch, Py_NewRef(watch));
    batches->thread_id = NO_THREAD;
    return 0;
}

static int
batches_traverse(Batches *batches, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(batches));
    Py_VISIT(batches->batch_type);
    Py_VISIT(batches->ready);
    Py_VISIT(batches->call_soon);
    Py_VISIT(batches->get_debug);
    Py_VISIT(batches->one_by_one);
    Py_VISIT(batches->report);
    Py_VISIT(batches->watch);
    return 0;
}

static int
batches_clear(Batches *batches)
{
    batches->thread_id = NO_THREAD;
    batches->open = NULL;
    Py_CLEAR(batches->one_by_one); /* first: by this others see that the rest may be gone */
    Py_CLEAR(batches->ready);
    Py_CLEAR(batches->call_soon);
    Py_CLEAR(batches->get_debug);
    Py_CLEAR(batches->report);
    Py_CLEAR(batches->watch);
    return 0;
}

static void
batches_dealloc(Batches *batches)
{
    PyTypeObject *type = Py_TYPE(batches);
    PyObject_GC_UnTrack(batches);
    batches_clear(batches);
    Py_CLEAR(batches->context_keyword);
    Py_CLEAR(batches->batch_type);
    type->tp_free(batches);
    Py_DECREF(type);
}

PyDoc_STRVAR(batches_doc,
"CallbackBatches(*, ready, call_soon, get_debug, one_by_one, report, watch)\n--\n\n"
"Collects the callbacks of one loop into batches.\n\n"
"`ready` is the loop's queue of handles, a deque, which is only looked at, and put in order\n"
"after an interrupt; `call_soon` and `get_debug` are the loop's. `one_by_one` does what `add`\n"
"does, wherever a batch cannot: on other threads, in debug mode, which names each callback, and\n"
"on a closed loop. `report` and `watch` are `report_safely` and `watch` of the loop's `Guard`,\n"
"which raise interrupts alone.");

static PyMethodDef batches_methods[] = {
    {"add", (PyCFunction)(void (*)(void))batches_add, METH_FASTCALL | METH_KEYWORDS, add_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef batches_attributes[] = {
    {"thread_id", (getter)batches_get_thread_id, (setter)batches_set_thread_id,
     "The thread on which the loop is known to run; None while it is not known to.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot batches_slots[] = {
    {Py_tp_doc, (void *)batches_doc},
    {Py_tp_init, batches_init},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_methods, batches_methods},
    {Py_tp_getset, batches_attributes},
    {Py_tp_traverse, batches_traverse},
    {Py_tp_clear, batches_clear},
    {Py_tp_dealloc, batches_dealloc},
    {0, NULL},
};

static PyType_Spec batches_spec = {
    .name = "etesian.core_loop.ioloop.callback_batches.CallbackBatches",
    .basicsize = sizeof(Batches),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = batches_slots,
};

/* ---- The module ---- */

/* Its state is the type of batches, which no name leads to. */

static int
module_exec(PyObject *module)
{
    PyTypeObject **state = PyModule_GetState(module);
    *state = (PyTypeObject *)PyType_FromModuleAndSpec(module, &batch_spec, NULL);
    PyObject *type = PyType_FromModuleAndSpec(module, &batches_spec, NULL);
    if (*state == NULL || type == NULL) {
        Py_XDECREF(type);
        return -1;
    }
    int outcome = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return outcome;
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(*(PyTypeObject **)PyModule_GetState(module));
    return 0;
}

static int
module_clear(PyObject *module)
{
    Py_CLEAR(*(PyTypeObject **)PyModule_GetState(module));
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "etesian.core_loop.ioloop.callback_batches",
    .m_doc = "Callbacks of an event loop, of which one handle of the loop runs many.",
    .m_size = sizeof(PyTypeObject *),
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
};

PyMODINIT_FUNC
PyInit_callback_batches(void)
{
    return PyModuleDef_Init(&module_definition);
}
