"""Callbacks of fit, evaluate and predict.

Belongs here: one class a file. Does not: the loop that calls them (`fastconv.models.trainer`),
the progress bar's text (`fastconv.models.progbar`). None of these stands in the registry, since
some write files: a saved model cannot name them. Adding one: a subclass of `Callback`, its name
below; ``_every_batch = False`` where its batch methods need not be called.
"""

from fastconv.callbacks.backup_and_restore import BackupAndRestore
from fastconv.callbacks.callback import Callback
from fastconv.callbacks.callback_list import CallbackList
from fastconv.callbacks.csv_logger import CSVLogger
from fastconv.callbacks.early_stopping import EarlyStopping
from fastconv.callbacks.history import History
from fastconv.callbacks.lambda_callback import LambdaCallback
from fastconv.callbacks.learning_rate_scheduler import LearningRateScheduler
from fastconv.callbacks.model_checkpoint import ModelCheckpoint
from fastconv.callbacks.progbar_logger import ProgbarLogger
from fastconv.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from fastconv.callbacks.swap_ema_weights import SwapEMAWeights
from fastconv.callbacks.tensor_board import TensorBoard
from fastconv.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
