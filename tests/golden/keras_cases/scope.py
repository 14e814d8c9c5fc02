"""The public Keras names that fastconv promises (issues 3 and 5), by module."""

from __future__ import annotations


def _names(module: str, text: str) -> list[str]:
    return [f"{module}.{n}" if module else n for n in text.split()]


MLP = [
    *_names("", "Input Sequential Model Layer Variable KerasTensor Metric Loss"),
    *_names("models", "Model Sequential clone_model load_model model_from_json save_model"),
    *_names(
        "layers",
        "Input InputLayer Layer Dense Dropout Flatten Reshape Activation ReLU LeakyReLU PReLU ELU "
        "Softmax Rescaling Normalization BatchNormalization LayerNormalization GaussianNoise "
        "GaussianDropout AlphaDropout ActivityRegularization",
    ),
    *_names(
        "activations",
        "celu deserialize elu exponential gelu get glu hard_shrink hard_sigmoid hard_silu "
        "hard_swish hard_tanh leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu "
        "serialize sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid "
        "sparsemax squareplus swish tanh tanh_shrink threshold",
    ),
    *_names(
        "initializers",
        "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity Initializer LecunNormal "
        "LecunUniform Ones Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling "
        "Zeros deserialize get serialize",
    ),
    *_names("regularizers", "L1 L1L2 L2 Regularizer l1 l2 l1_l2 deserialize get serialize"),
    *_names(
        "constraints",
        "Constraint MaxNorm MinMaxNorm NonNeg UnitNorm max_norm non_neg unit_norm deserialize get "
        "serialize",
    ),
    *_names(
        "optimizers",
        "SGD Adam AdamW Adamax Nadam RMSprop Adagrad Adadelta Lion Optimizer deserialize get "
        "serialize",
    ),
    *_names(
        "optimizers.schedules",
        "ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay "
        "CosineDecayRestarts LearningRateSchedule",
    ),
    *_names(
        "losses",
        "Loss BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy "
        "CategoricalFocalCrossentropy SparseCategoricalCrossentropy MeanSquaredError "
        "MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError Huber LogCosh "
        "Hinge SquaredHinge CategoricalHinge KLDivergence Poisson CosineSimilarity "
        "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
        "categorical_focal_crossentropy categorical_hinge cosine_similarity hinge huber "
        "kl_divergence log_cosh mean_absolute_error mean_absolute_percentage_error "
        "mean_squared_error mean_squared_logarithmic_error poisson "
        "sparse_categorical_crossentropy squared_hinge deserialize get serialize",
    ),
    *_names(
        "metrics",
        "Metric Mean Sum MeanMetricWrapper Accuracy BinaryAccuracy CategoricalAccuracy "
        "SparseCategoricalAccuracy TopKCategoricalAccuracy SparseTopKCategoricalAccuracy "
        "BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy "
        "MeanSquaredError RootMeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError "
        "MeanSquaredLogarithmicError LogCoshError Hinge SquaredHinge CategoricalHinge "
        "KLDivergence Poisson CosineSimilarity R2Score AUC Precision Recall F1Score FBetaScore "
        "TruePositives TrueNegatives FalsePositives FalseNegatives PrecisionAtRecall "
        "RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity IoU BinaryIoU "
        "MeanIoU OneHotIoU OneHotMeanIoU binary_accuracy categorical_accuracy "
        "sparse_categorical_accuracy top_k_categorical_accuracy "
        "sparse_top_k_categorical_accuracy deserialize get serialize",
    ),
    *_names(
        "callbacks",
        "Callback CallbackList ModelCheckpoint EarlyStopping History ProgbarLogger CSVLogger "
        "LambdaCallback LearningRateScheduler ReduceLROnPlateau TerminateOnNaN BackupAndRestore "
        "SwapEMAWeights",
    ),
    *_names(
        "saving",
        "load_model save_model load_weights save_weights register_keras_serializable "
        "custom_object_scope CustomObjectScope get_custom_objects get_registered_name "
        "get_registered_object serialize_keras_object deserialize_keras_object",
    ),
    *_names("config", "backend epsilon floatx set_epsilon set_floatx image_data_format "),
    *_names("backend", "clear_session epsilon floatx set_epsilon set_floatx"),
    *_names(
        "utils",
        "set_random_seed to_categorical split_dataset plot_model Progbar PyDataset Sequence "
        "normalize clear_session pad_sequences custom_object_scope get_custom_objects "
        "register_keras_serializable",
    ),
    *_names(
        "random",
        "SeedGenerator normal uniform randint truncated_normal categorical dropout shuffle",
    ),
    *_names("datasets.fashion_mnist", "load_data"),
    *_names("datasets.mnist", "load_data"),
    *_names(
        "ops",
        "add subtract multiply divide negative power exp log sqrt abs square maximum minimum "
        "where cast matmul sum mean max reshape transpose concatenate relu sigmoid tanh softmax "
        "shape ones zeros",
    ),
]

CNN = [
    *_names(
        "layers",
        "Conv1D Conv2D Conv1DTranspose Conv2DTranspose DepthwiseConv1D DepthwiseConv2D "
        "SeparableConv1D SeparableConv2D Convolution1D Convolution2D Convolution1DTranspose "
        "Convolution2DTranspose SeparableConvolution1D SeparableConvolution2D MaxPooling1D "
        "MaxPooling2D MaxPool1D MaxPool2D AveragePooling1D AveragePooling2D AvgPool1D AvgPool2D "
        "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPool1D GlobalMaxPool2D "
        "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAvgPool1D GlobalAvgPool2D "
        "ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D UpSampling1D UpSampling2D "
        "SpatialDropout1D SpatialDropout2D GroupNormalization UnitNormalization Permute "
        "RepeatVector Embedding Add Subtract Multiply Average Maximum Minimum Concatenate Dot "
        "Identity add subtract multiply average maximum minimum concatenate dot Resizing "
        "CenterCrop RandomFlip RandomTranslation RandomRotation RandomZoom RandomCrop "
        "RandomContrast RandomBrightness",
    ),
    *_names(
        "ops",
        "conv conv_transpose depthwise_conv separable_conv max_pool average_pool one_hot take "
        "stack pad expand_dims squeeze argmax min prod std var clip sign floor ceil round arange "
        "equal not_equal greater greater_equal less less_equal logical_and logical_or "
        "logical_not isnan isfinite any all log1p expm1 sin cos rsqrt reciprocal softplus "
        "softsign silu elu selu gelu leaky_relu log_softmax hard_sigmoid broadcast_to tile repeat "
        "flip split unstack tensordot dot einsum swapaxes moveaxis norm normalize moments "
        "ones_like zeros_like full full_like cumsum sort argsort top_k take_along_axis "
        "convert_to_numpy convert_to_tensor stop_gradient size ndim amax amin absolute "
        "floor_divide mod logsumexp mean median linspace eye triu tril diag outer "
        "binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy "
        "batch_normalization is_tensor ravel identity isclose isinf nan_to_num erf relu6 cast",
    ),
    *_names(
        "utils",
        "image_dataset_from_directory load_img save_img img_to_array array_to_img "
        "timeseries_dataset_from_array",
    ),
]

REQUIRED = sorted(set(MLP + CNN))
