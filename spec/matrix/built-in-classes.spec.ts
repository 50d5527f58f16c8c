import { describeMatrix } from '../support/matrix/describe-matrix';

describeMatrix('built-in-classes');
