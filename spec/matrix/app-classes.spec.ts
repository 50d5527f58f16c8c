import { describeMatrix } from '../support/matrix/describe-matrix';

describeMatrix('app-classes');
