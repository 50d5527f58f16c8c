throw new Error('this cloud code is broken');
