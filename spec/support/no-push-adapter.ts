/** Parse Server loads its push adapter at each start, a tenth of the time of a spec file, and no spec pushes. */
class NoPushAdapter {
  getValidPushTypes(): string[] {
    return [];
  }

  send(): never {
    throw new Error('The specs have no push adapter.');
  }
}

export = NoPushAdapter;
