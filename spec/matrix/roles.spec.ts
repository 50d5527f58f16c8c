import { describeMatrix } from '../support/matrix/describe-matrix';

describeMatrix('roles');
