import { describeMatrix } from '../support/matrix/describe-matrix';

describeMatrix('other-sessions');
