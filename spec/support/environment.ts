// Parse Server adds an uncaughtException listener to the process for every app that it makes, unless this is set.
process.env.TESTING = 'specs';

// No log files in the working directory, not even by the logger that is there before the options are read.
process.env.PARSE_SERVER_LOGS_FOLDER = 'null';
